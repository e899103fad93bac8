/**
 * Maps blobs to layers with pointers: the file `layers/by-blob/<algorithm>/<hex of the blob>` contains the diffID. A
 * pointer is written before its layer, and is valid only if the record of the layer lists the blob. If the directory
 * of pointers is lost, the pointers are derived from the records, and the next commit writes them again.
 */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { rename, unlink } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { ensureDirectory, isDirectory, publish, writeNew, writeSynced } from '../files/durable.js'
import { formatPointer, readPointer } from './layer-pointer-file.js'
import { readRecord } from './layer-record-file.js'
import { removeTree } from '../files/remove-tree.js'
import type { Run } from '../staging/run.js'
import { ignoreMissing } from '../files/store-error.js'

/** The pointers from blobs to the layers in `layers`. */
export class LayerPointers {
  readonly #directory: string
  /** The pointers according to the layer records. Used while the directory of pointers does not exist. */
  #scanned: Promise<Map<Digest, Digest>> | undefined

  constructor(
    private readonly layers: string,
    private readonly run: Run,
  ) {
    this.#directory = join(layers, 'by-blob')
  }

  /**
   * Returns the diffID of the layer that `blob` was unpacked to; undefined if unknown. The layer may have been removed.
   */
  async find(blob: Digest): Promise<Digest | undefined> {
    const diffID = await readPointer(digestPath(this.#directory, blob))
    if (diffID) return diffID
    if (await isDirectory(this.#directory)) return undefined
    this.#scanned ??= scanRecords(this.layers)
    return (await this.#scanned).get(blob)
  }

  /**
   * Writes a pointer into the directory `staged` without syncing it, and runs `work`. `work` must sync `staged`, take
   * the metadata lock and then call `publishPointer`.
   * @throws the errors of `work` and of the file system
   */
  async withPrepared<T>(
    { blob, diffID, staged }: { readonly blob: Digest; readonly diffID: Digest; readonly staged: string },
    work: (publishPointer: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const prepared = join(staged, 'pointer')
    await removeTree(prepared) // remove an unexpected entry
    try {
      await writeNew(prepared, formatPointer(diffID))
      return await work(async () => {
        if (!(await isDirectory(this.#directory))) await this.#rebuild()
        if ((await this.find(blob)) === diffID) await unlink(prepared)
        else await this.#publish(prepared, this.#directory, blob)
      })
    } catch (error) {
      await removeTree(prepared).catch(() => undefined) // report the first error
      throw error
    }
  }

  #rebuild(): Promise<void> {
    return this.run.withFreshPath('by-blob', 'layers', async (fresh) => {
      await ensureDirectory(fresh)
      for (const [blob, diffID] of await scanRecords(this.layers)) await this.#write(fresh, blob, diffID)
      await publish(fresh, this.#directory)
      this.#scanned = undefined
    })
  }

  async #write(directory: string, blob: Digest, diffID: Digest): Promise<void> {
    await this.run.withFreshPath('pointer', 'layers', async (staged) => {
      await writeSynced(staged, formatPointer(diffID))
      await this.#publish(staged, directory, blob)
    })
  }

  async #publish(synced: string, directory: string, blob: Digest): Promise<void> {
    const path = digestPath(directory, blob)
    await ensureDirectory(dirname(path))
    // Move a directory at `path` to the staging directory, which is removed when the store is closed.
    if (await isDirectory(path)) await rename(path, await this.run.freshPath('unexpected', 'layers'))
    await publish(synced, path)
  }
}

/** Returns the diffID for each blob in the records of all layers. */
async function scanRecords(layers: string): Promise<Map<Digest, Digest>> {
  const found = new Map<Digest, Digest>()
  for (const algorithm of (await ignoreMissing(readdir(layers))) ?? []) {
    for (const hex of (await ignoreMissing(readdir(join(layers, algorithm)))) ?? []) {
      const diffID = `${algorithm}:${hex}`
      if (!isDigest(diffID)) continue
      const record = await readRecord(digestPath(layers, diffID), diffID)
      for (const { digest } of record?.blobs ?? []) found.set(digest, diffID)
    }
  }
  return found
}
