/** Holds the trees of a layer against a fresh unpacking of its blob, and puts fresh ones in their place. */
import {
  type TreeEntry,
  type UnpackPool,
  compareTrees,
  describeTree,
  hostWhiteoutForm,
} from '../lib/archive/index.js'
import { errnoOf, fileFailure } from '../lib/bytes/index.js'
import { asWindlassError } from '../lib/errors.js'
import { type Descriptor, type Digest, printable } from '../lib/image/index.js'
import { type LayerOnDisk, type StagedLayer, type Store, layerOnDisk } from '../lib/store/index.js'

/** A blob that is whole, and what it unpacks to. */
export interface LayerSource {
  readonly descriptor: Descriptor
  readonly diffID: Digest
}

/** Differences that are told; a tree that was removed has one for each of its files. */
const differencesTold = 3

export class LayerCheck {
  constructor(
    private readonly store: Store,
    private readonly pool: UnpackPool,
  ) {}

  look(diffID: Digest): Promise<LayerOnDisk | undefined> {
    return layerOnDisk(this.store.directory, diffID)
  }

  /** What tells the tree at `path` from what `source` unpacks to, as a clause; undefined where nothing does. */
  async difference(
    { form, path }: LayerOnDisk['trees'][number],
    source: LayerSource,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const staged = await this.store.layers.stage()
    try {
      await this.#unpack(source, form, staged, signal)
      const fresh = await readTree(staged.path)
      const differences = compareTrees(fresh, await readTree(path))
      if (differences.length === 0) return undefined
      const told = differences.slice(0, differencesTold).map(({ text }) => text)
      const more = differences.length - told.length
      return `its tree differs from its blob: ${told.join('; ')}${more > 0 ? `, and ${more} more` : ''}`
    } finally {
      await staged.discard()
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
        fresh.push({ staged, commit: () => staged.commit({ diffID, blob: descriptor, size, form, implied }) })
        const { size, implied } = await this.#unpack(source, form, staged, signal)
      }
      await this.store.garbage.discard(disk)
      for (const { commit } of fresh) await commit()
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
      { path, into: staged.path, whiteouts, expected: { digest, size, diffID } },
      { signal },
    )
  }
}

async function readTree(path: string): Promise<TreeEntry[]> {
  try {
    return await describeTree(path)
  } catch (error) {
    throw fileFailure(error, 'Reading a tree', path)
  }
}

/** Whether an error says nothing of the tree at `path`: a disk that is full, or that fails beside it. */
function isOfTheDisk(error: unknown, path: string): boolean {
  const { exitCode, code, subject, cause } = asWindlassError(error)
  if (exitCode !== 7 || code === 'STORE_CORRUPT') return false
  return code !== 'STORE_IO' || subject.path !== path || /^E[MN]FILE$/.test(errnoOf(cause) ?? '')
}

/** Everything that is wrong with the layer, as one clause. Without `source`, its bytes are not looked at. */
export async function checkTrees(
  check: LayerCheck,
  { trees, faults }: LayerOnDisk,
  source: LayerSource | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly compared: number; readonly why: string | undefined }> {
  const found = [...faults]
  if (source)
    for (const tree of trees) {
      const why = await check.difference(tree, source, signal).catch((error: unknown) => {
        signal?.throwIfAborted()
        if (isOfTheDisk(error, tree.path)) throw error
        return `its tree cannot be held against its blob: ${printable(asWindlassError(error).message, 500)}`
      })
      if (why !== undefined) found.push(why)
    }
  return {
    compared: source ? trees.length : 0,
    why: found.length === 0 ? undefined : found.join('; '),
  }
}
