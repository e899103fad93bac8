/**
 * Which layer a blob unpacks to: `layers/by-blob/<algorithm>/<hex of the blob>` holds the diffID. A pointer is written
 * before its layer appears, so no layer is ever without; it is a hint that the layer's own record must
 * confirm. Where the directory is lost, the records are read instead, and the next layer brings it back.
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
import { unlessMissing } from '../files/store-error.js'

export class LayerPointers {
  readonly #directory: string
  /** What the records say, while there is no directory. */
  #scanned: Promise<Map<Digest, Digest>> | undefined

  constructor(
    private readonly layers: string,
    private readonly run: Run,
  ) {
    this.#directory = join(layers, 'by-blob')
  }

  /** The diffID that `blob` leads to, if its layer ever was here. */
  async find(blob: Digest): Promise<Digest | undefined> {
    const diffID = await readPointer(digestPath(this.#directory, blob))
    if (diffID) return diffID
    if (await isDirectory(this.#directory)) return undefined
    this.#scanned ??= scan(this.layers)
    return (await this.#scanned).get(blob)
  }

  /**
   * Does `work` with a pointer beside the staged tree: written, and not synced yet. `point` then lets `blob` lead to
   * `diffID`; who calls it holds the metadata lock and has synced the staging directory.
   */
  async withPrepared<T>(
    { blob, diffID, staged }: { readonly blob: Digest; readonly diffID: Digest; readonly staged: string },
    work: (point: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const prepared = join(staged, 'pointer')
    await removeTree(prepared) // whatever somebody put there
    try {
      await writeNew(prepared, formatPointer(diffID))
      return await work(async () => {
        if (!(await isDirectory(this.#directory))) await this.#rebuild()
        if ((await this.find(blob)) === diffID) await unlink(prepared)
        else await this.#publish(prepared, this.#directory, blob)
      })
    } catch (error) {
      await removeTree(prepared).catch(() => undefined) // the first error is the one to tell
      throw error
    }
  }

  #rebuild(): Promise<void> {
    return this.run.withFreshPath('by-blob', 'layers', async (fresh) => {
      await ensureDirectory(fresh)
      for (const [blob, diffID] of await scan(this.layers)) await this.#write(fresh, blob, diffID)
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
    // No pointer, whatever it is: out of the way, to go with the rest of the run.
    if (await isDirectory(path)) await rename(path, await this.run.freshPath('odd', 'layers'))
    await publish(synced, path)
  }
}

/** What the records of all layers say. */
async function scan(layers: string): Promise<Map<Digest, Digest>> {
  const found = new Map<Digest, Digest>()
  for (const algorithm of (await unlessMissing(readdir(layers))) ?? []) {
    for (const hex of (await unlessMissing(readdir(join(layers, algorithm)))) ?? []) {
      const diffID = `${algorithm}:${hex}`
      if (!isDigest(diffID)) continue
      const record = await readRecord(digestPath(layers, diffID), diffID)
      for (const { digest } of record?.blobs ?? []) found.set(digest, diffID)
    }
  }
  return found
}
