/** Compares the unpacked trees of a layer with its blob, and replaces trees that differ. */
import { type UnpackPool, hostWhiteoutForm } from '../../lib/archive/index.js'
import { errnoOf } from '../../lib/system/index.js'
import { asWindlassError } from '../../lib/errors.js'
import { type Descriptor, type Digest } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/index.js'
import {
  type LayerOnDisk,
  type StagedLayer,
  type Store,
  withTreeLock,
  inspectLayer,
} from '../../lib/store/index.js'

/** An intact blob and the diffID of its content. */
export interface LayerSource {
  readonly descriptor: Descriptor
  readonly diffID: Digest
}

/** Result of the comparison of a tree with its blob. */
interface TreeComparison {
  /** The differences, as a clause; undefined if there are none. */
  readonly why?: string
  /** Whether parts of the tree could not be compared by this user or on this file system. */
  readonly unknown: boolean
}

/** Compares and replaces the unpacked trees of a store. */
export class LayerCheck {
  constructor(
    private readonly store: Store,
    private readonly pool: UnpackPool,
  ) {}

  /** Returns the unpacked layer; undefined if the store does not have it. */
  findLayer(diffID: Digest): Promise<LayerOnDisk | undefined> {
    return inspectLayer(this.store.directory, diffID)
  }

  /** Compares the tree at `path` with the content of `source`. The content is not unpacked to disk. */
  async compare(
    { form, path }: LayerOnDisk['trees'][number],
    { descriptor: { digest, size }, diffID }: LayerSource,
    signal: AbortSignal | undefined,
  ): Promise<TreeComparison> {
    // The comparison uses the scratch directory to test what the file system supports. A read-only disk has none.
    const scratch = await this.store.stagingDirectory().catch(() => undefined)
    const blob = this.store.blobs.path(digest)
    const task = { path: blob, tree: path, form, scratch, expected: { digest, size, diffID } }
    const { differences, reported, unknown } = await withTreeLock(
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

  /**
   * Replaces the trees of a layer by new ones in the same whiteout forms. All new trees are unpacked before the old
   * ones are removed.
   */
  async replace(disk: LayerOnDisk, source: LayerSource, signal: AbortSignal | undefined): Promise<void> {
    const { descriptor, diffID } = source
    const forms =
      disk.forms.length > 0 ? disk.forms : [await hostWhiteoutForm(await this.store.stagingDirectory())]
    const stagedLayers: StagedLayer[] = []
    const commits: (() => Promise<unknown>)[] = []
    try {
      for (const form of forms) {
        const staged = await this.store.layers.stage()
        stagedLayers.push(staged)
        const { size, implied } = await this.#unpack(source, form, staged, signal)
        commits.push(() =>
          staged.commit({ diffID, blob: descriptor, blobKept: true, size, form, implied }, signal),
        )
      }
      await this.store.garbage.replace(
        disk,
        async () => {
          for (const commit of commits) await commit()
        },
        signal,
      )
    } finally {
      for (const staged of stagedLayers) await staged.discard()
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

/** Exit code of the errors of the store. */
const storeExitCode = 7

/**
 * Reports whether an error has a cause other than damage of the tree at `path`: a full disk, too many open files, or an
 * error at another path.
 */
function isDiskFailure(error: unknown, path: string): boolean {
  const { exitCode, code, subject, cause } = asWindlassError(error)
  if (exitCode !== storeExitCode || code === 'STORE_CORRUPT') return false
  return code !== 'STORE_IO' || subject.path !== path || /^E[MN]FILE$/.test(errnoOf(cause) ?? '')
}

/**
 * Checks all trees of a layer. Without `source`, it compares no tree and reports only the faults of the records.
 *
 * @returns `compared`: number of trees compared; `why`: all faults as one clause, undefined if there are none;
 * `unknown`: whether parts could not be compared by this user or on this file system
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
    const compared = await check.compare(tree, source, signal).catch((error: unknown): TreeComparison => {
      signal?.throwIfAborted()
      const { code, message } = asWindlassError(error)
      // A tree of another user, or files that are not readable on a read-only disk, are not damage.
      if (code === 'STORE_DENIED') return { unknown: true }
      if (isDiskFailure(error, tree.path)) throw error
      return { why: `its tree cannot be compared with its blob: ${printable(message, 500)}`, unknown: false }
    })
    if (compared.why !== undefined) found.push(compared.why)
    unknown ||= compared.unknown
  }
  const why = found.length === 0 ? undefined : found.join('; ')
  return { compared: source ? trees.length : 0, why, unknown }
}
