/** The unpacked layers of the store, found by diffID or by a blob that they were unpacked from. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Digest } from '../../image/index.js'
import { chmod, lstatIfExists, mkdir, open, type SyncFile } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { isDirectory } from '../files/durable.js'
import { commitLayer, withRecord } from './layer-commit.js'
import type { LayerFacts, StoredLayer } from './layer-facts.js'
import { LayerPointers } from './layer-pointers.js'
import type { LayerRecord, WhiteoutForm } from './layer-record.js'
import { readRecord, recordPath } from './layer-record-file.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import type { Run } from '../staging/run.js'
import { StagedLayer } from './staged-layer.js'
import { withStoreErrors } from '../files/store-error.js'
import { syncTree } from '../files/sync-tree.js'

/** The whiteout forms in order of preference. */
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
   * Returns the layer `diffID` in the whiteout form `form` (default: any). Returns undefined if there is no such tree.
   * @throws WindlassError STORE_*
   */
  find(diffID: Digest, form?: WhiteoutForm): Promise<StoredLayer | undefined> {
    const directory = digestPath(this.directory, diffID)
    return withStoreErrors('look for a layer', directory, async () => {
      const record = (await isDirectory(directory)) ? await readRecord(directory, diffID) : undefined
      return record && storedLayer(directory, record, form === undefined ? forms : [form])
    })
  }

  /**
   * Reports whether a layer that was found before is still there: its record and its tree. The record is not read again.
   * @throws WindlassError STORE_*
   */
  has({ diffID, rootfs }: StoredLayer): Promise<boolean> {
    const directory = digestPath(this.directory, diffID)
    return withStoreErrors('look for a layer', directory, async () => {
      const record = await lstatIfExists(recordPath(directory))
      return record?.isFile() === true && (await isDirectory(rootfs))
    })
  }

  /** Like `find`, for the layer that `blob` was unpacked to. @throws WindlassError STORE_* */
  async findByBlob(blob: Digest, form?: WhiteoutForm): Promise<StoredLayer | undefined> {
    const diffID = await withStoreErrors('look for a layer', this.directory, () => this.#pointers.find(blob))
    const layer = diffID && (await this.find(diffID, form))
    return layer?.blobs.includes(blob) ? layer : undefined
  }

  /**
   * Creates an empty tree to unpack into, on the file system of the layers. The caller must call its `discard`, also
   * after a commit.
   * @throws WindlassError STORE_*
   */
  async stage(): Promise<StagedLayer> {
    // The name is as long as the longest name of a layer, the hex of a sha512. If a path in the tree does not exceed
    // PATH_MAX here, it does not exceed it after the commit either.
    const directory = join(await this.run.stagingDirectoryFor('layers'), randomBytes(64).toString('hex'))
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

  /** Commits a tree. Writes and syncs everything before taking the lock, with one sync for all of it. */
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

/** Returns the layer with the first of the forms `wanted` whose tree exists; undefined if there is none. */
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
