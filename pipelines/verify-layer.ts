/** Holds the trees of a layer against a fresh unpacking of its blob, and puts fresh ones in their place. */
import { type UnpackPool, compareTrees, describeTree, hostWhiteoutForm } from '../lib/archive/index.js'
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
      const differences = compareTrees(await describeTree(staged.path), await describeTree(path))
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
        fresh.push({ staged, commit: () => staged.commit({ diffID, blob: descriptor, size, form }) })
        const { size } = await this.#unpack(source, form, staged, signal)
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
        return `its tree cannot be held against its blob: ${printable(asWindlassError(error).message, 500)}`
      })
      if (why !== undefined) found.push(why)
    }
  return {
    compared: source ? trees.length : 0,
    why: found.length === 0 ? undefined : found.join('; '),
  }
}
