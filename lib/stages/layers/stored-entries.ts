/** Provides `storedEntries`, which passes the entries of layers that were already in the store to a sink. */
import type { LayerSource, UnpackPool } from '../../archive/index.js'
import { WindlassError } from '../../errors.js'
import { type Stage, pausable } from '../../flow/index.js'
import { type Store, recoveryHints } from '../../store/index.js'
import type { EnsuredLayer } from '../../transfer/elements.js'
import { pullStage } from '../pull-stage.js'
import type { LayerEntries } from '../../transfer/layer-entries.js'

/** Settings of `storedEntries`. */
export interface StoredEntriesOptions {
  readonly store: Store
  readonly pool: UnpackPool
  readonly entries: LayerEntries
  /** Maximum number of layers read concurrently. */
  readonly slots: number
}

/**
 * Returns the stage that reads each layer that is not complete in `entries`, and passes the layer on. Reads the blob if
 * the store has it, otherwise the unpacked tree, which has each path once, in the order of a directory walk.
 * @throws DIGEST_MISMATCH, SIZE_MISMATCH when the blob is corrupt; errors of the store; the error of the sink
 */
export function storedEntries(options: StoredEntriesOptions): Stage<EnsuredLayer, EnsuredLayer> {
  const { store, pool, entries, slots } = options
  return pullStage(
    async (layer: EnsuredLayer, turn): Promise<EnsuredLayer> => {
      if (entries.isComplete(layer.task)) return layer
      const source = await sourceOf(layer, store)
      const { control, group } = layer.task
      const priority = (): number => control?.priority ?? 0
      await pausable(control, turn.signal, (signal) =>
        pool.read(
          { layer: source },
          { signal, priority, group, onEntry: entries.begin(layer.task, turn.scope) },
        ),
      )
      entries.complete(layer.task)
      return layer
    },
    { name: 'stored-entries', slots },
  )
}

async function sourceOf(
  { task: { descriptor }, stored }: EnsuredLayer,
  { blobs }: Store,
): Promise<LayerSource> {
  const { digest, size } = descriptor
  if (await blobs.has(digest, size))
    return { kind: 'blob', path: blobs.path(digest), expected: { digest, size } }
  if (stored) return { kind: 'directory', path: stored.rootfs, implied: stored.implied }
  throw new WindlassError(
    'STORE_CORRUPT',
    `Failed to read layer ${digest}: its blob and its tree are missing in the store`,
    { digest, hint: recoveryHints.repair },
  )
}
