/** Holds the trees of a layer against its blob, and puts fresh ones in their place. */
import { type UnpackPool, hostWhiteoutForm } from '../../lib/archive/index.js'
import { errnoOf } from '../../lib/system/index.js'
import { asWindlassError } from '../../lib/errors.js'
import { type Descriptor, type Digest } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/index.js'
import {
  type LayerOnDisk,
  type StagedLayer,
  type Store,
  aloneWith,
  layerOnDisk,
} from '../../lib/store/index.js'

/** A blob that is whole, and what it unpacks to. */
export interface LayerSource {
  readonly descriptor: Descriptor
  readonly diffID: Digest
}

/** What a tree is, held against its blob. */
interface Compared {
  /** What tells it from what the blob unpacks to, as a clause. */
  readonly why?: string
  /** It could not all be compared here. */
  readonly unknown: boolean
}

export class LayerCheck {
  constructor(
    private readonly store: Store,
    private readonly pool: UnpackPool,
  ) {}

  look(diffID: Digest): Promise<LayerOnDisk | undefined> {
    return layerOnDisk(this.store.directory, diffID)
  }

  /** Holds the tree at `path` against what `source` unpacks to. Nothing of it is written a second time. */
  async compare(
    { form, path }: LayerOnDisk['trees'][number],
    { descriptor: { digest, size }, diffID }: LayerSource,
    signal: AbortSignal | undefined,
  ): Promise<Compared> {
    // Without it, as on a read-only disk, what the file system holds cannot be tried out.
    const scratch = await this.store.stagingDirectory().catch(() => undefined)
    const blob = this.store.blobs.path(digest)
    const task = { path: blob, tree: path, form, scratch, expected: { digest, size, diffID } }
    const { differences, reported, unknown } = await aloneWith(
      path,
      () => this.pool.check(task, { signal }),
      signal,
    )
    if (differences === 0) return { unknown }
    const more = differences - reported.length
    return {
      why: `its tree differs from its blob: ${reported.join('; ')}${more > 0 ? `, and ${more} more` : ''}`,
      unknown,
    }
  }

  /** Fresh trees in all the forms that there were. All are unpacked before the old ones go. */
  async replace(disk: LayerOnDisk, source: LayerSource, signal: AbortSignal | undefined): Promise<void> {
    const { descriptor, diffID } = source
    const forms =
      disk.forms.length > 0 ? disk.forms : [await hostWhiteoutForm(await this.store.stagingDirectory())]
    const fresh: { staged: StagedLayer; commit: () => Promise<unknown> }[] = []
    try {
      for (const form of forms) {
        const staged = await this.store.layers.stage()
        fresh.push({
          staged,
          commit: () => staged.commit({ diffID, blob: descriptor, size, form, implied }, signal),
        })
        const { size, implied } = await this.#unpack(source, form, staged, signal)
      }
      await this.store.garbage.replace(
        disk,
        async () => {
          for (const { commit } of fresh) await commit()
        },
        signal,
      )
    } finally {
      for (const { staged } of fresh) await staged.discard()
    }
  }

  #unpack(
    { descriptor: { digest, size }, diffID }: LayerSource,
    whiteouts: LayerOnDisk['forms'][number],
    staged: StagedLayer,
    signal: AbortSignal | undefined,
  ) {
    const path = this.store.blobs.path(digest)
    return this.pool.unpack(
      { path, into: staged.path, whiteouts, owner: this.store.owner, expected: { digest, size, diffID } },
      { signal },
    )
  }
}

/** Whether an error says nothing of the tree at `path`: a disk that is full, or that fails beside it. */
function isOfTheDisk(error: unknown, path: string): boolean {
  const { exitCode, code, subject, cause } = asWindlassError(error)
  if (exitCode !== 7 || code === 'STORE_CORRUPT') return false
  return code !== 'STORE_IO' || subject.path !== path || /^E[MN]FILE$/.test(errnoOf(cause) ?? '')
}

/**
 * Everything that is wrong with the layer, as one clause. Without `source`, its bytes are not looked at. `unknown`: not
 * all of it could be compared by this user, on this disk.
 */
export async function checkTrees(
  check: LayerCheck,
  { trees, faults }: LayerOnDisk,
  source: LayerSource | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly compared: number; readonly why: string | undefined; readonly unknown: boolean }> {
  const found = [...faults]
  let unknown = false
  for (const tree of source ? trees : []) {
    if (!source) break
    const compared = await check.compare(tree, source, signal).catch((error: unknown): Compared => {
      signal?.throwIfAborted()
      const { code, message } = asWindlassError(error)
      // Somebody else's tree, or closed files on a read-only disk: no damage.
      if (code === 'STORE_DENIED') return { unknown: true }
      if (isOfTheDisk(error, tree.path)) throw error
      return { why: `its tree cannot be held against its blob: ${printable(message, 500)}`, unknown: false }
    })
    if (compared.why !== undefined) found.push(compared.why)
    unknown ||= compared.unknown
  }
  const why = found.length === 0 ? undefined : found.join('; ')
  return { compared: source ? trees.length : 0, why, unknown }
}
