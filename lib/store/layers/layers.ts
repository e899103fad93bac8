/** The unpacked layers of the store, found by diffID or by a blob that they were unpacked from. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Digest } from '../../image/index.js'
import { chmod, mkdir, open, type SyncFile } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { isDirectory } from '../files/durable.js'
import { commitLayer, withRecord } from './layer-commit.js'
import type { LayerFacts, StoredLayer } from './layer-facts.js'
import { LayerPointers } from './layer-pointers.js'
import type { LayerRecord, WhiteoutForm } from './layer-record.js'
import { readRecord } from './layer-record-file.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import type { Run } from '../staging/run.js'
import { StagedLayer } from './staged-layer.js'
import { withStoreErrors } from '../files/store-error.js'
import { syncTree } from '../files/sync-tree.js'

/** The forms in order of preference. */
const forms: readonly WhiteoutForm[] = ['overlay', 'aufs']

/** Finds, stages and commits layers in `directory`. */
export class LayerStore {
  readonly #pointers: LayerPointers
  readonly #staged = new Set<StagedLayer>()

  constructor(
    private readonly directory: string,
    private readonly run: Run,
    private readonly metadata: MetadataLock,
  ) {
    this.#pointers = new LayerPointers(directory, run)
  }

  /**
   * Returns the layer `diffID` in `form`, or in any form; undefined if its tree does not exist.
   * @throws WindlassError STORE_*
   */
  find(diffID: Digest, form?: WhiteoutForm): Promise<StoredLayer | undefined> {
    const directory = digestPath(this.directory, diffID)
    return withStoreErrors('look for a layer', directory, async () => {
      const record = (await isDirectory(directory)) ? await readRecord(directory, diffID) : undefined
      return record && storedLayer(directory, record, form === undefined ? forms : [form])
    })
  }

  /** Returns the layer that `blob` was unpacked to, like `find`. @throws WindlassError STORE_* */
  async findByBlob(blob: Digest, form?: WhiteoutForm): Promise<StoredLayer | undefined> {
    const diffID = await withStoreErrors('look for a layer', this.directory, () => this.#pointers.find(blob))
    const layer = diffID && (await this.find(diffID, form))
    return layer?.blobs.includes(blob) ? layer : undefined
  }

  /**
   * Creates an empty tree to unpack into, on the file system of the layers. The caller must discard it in any case.
   * @throws WindlassError STORE_*
   */
  async stage(): Promise<StagedLayer> {
    // The name is as long as the hex of sha512, the longest name in the store. A path that is short enough in staging is
    // then short enough in the store (PATH_MAX).
    const directory = join(await this.run.areaFor('layers'), randomBytes(64).toString('hex'))
    return withStoreErrors('stage a layer', directory, async () => {
      const rootfs = join(directory, 'rootfs')
      await mkdir(directory, 0o700)
      await mkdir(rootfs, 0o755)
      await chmod(rootfs, 0o755)
      // Opened before anything is written, so that syncfs reports all write errors.
      const handle = await open(rootfs, 'r')
      const staged = new StagedLayer(directory, rootfs, handle, {
        commit: (facts, root, signal) => this.#commit(directory, root, facts, signal),
        onEnd: () => this.#staged.delete(staged),
      })
      this.#staged.add(staged)
      return staged
    })
  }

  /** Discards all trees that are neither committed nor discarded. */
  async close(): Promise<void> {
    await Promise.all([...this.#staged].map((staged) => staged.discard()))
  }

  /** Commits a tree. Prepares everything before taking the lock; one sync covers all of it. */
  async #commit(
    staged: string,
    root: SyncFile,
    facts: LayerFacts,
    signal?: AbortSignal,
  ): Promise<StoredLayer> {
    const { diffID, blob, form } = facts
    const directory = digestPath(this.directory, diffID)
    return withStoreErrors('commit a layer', directory, async () => {
      const record = await withRecord(staged, facts, () =>
        this.#pointers.withPrepared({ blob: blob.digest, diffID, staged }, async (publishPointer) => {
          await withStoreErrors('write a layer to the disk', staged, () => syncTree(root, staged))
          return this.metadata.hold(async () => {
            await this.run.holdWithLock([diffID, blob.digest])
            await publishPointer()
            return commitLayer({ staged, directory, facts, run: this.run })
          }, signal)
        }),
      )
      return (await storedLayer(directory, record, [form]))!
    })
  }
}

async function storedLayer(
  directory: string,
  record: LayerRecord,
  wanted: readonly WhiteoutForm[],
): Promise<StoredLayer | undefined> {
  for (const form of wanted) {
    const tree = record.forms[form]
    if (!tree || !(await isDirectory(join(directory, tree.rootfs)))) continue
    const { diffID, blobs, implied } = record
    const rootfs = join(directory, tree.rootfs)
    return {
      ...{ diffID, rootfs, form, size: tree.size, blobs: blobs.map(({ digest }) => digest) },
      keptBlobs: blobs.flatMap(({ digest, kept }) => (kept ? [digest] : [])),
      ...(implied && { implied }),
    }
  }
  return undefined
}
