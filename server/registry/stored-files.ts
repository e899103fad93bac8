/** Opens the blobs of a store for reading, and reads the documents among them. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, algorithmOf, digestOf } from '../../lib/image/index.js'
import { markUsedAt } from '../../lib/store/blobs/last-use.js'
import { digestPath } from '../../lib/store/files/digest-path.js'

/** Maximum size of a manifest or an index, in bytes: what registries accept. */
const maxDocumentBytes = 4 * 1024 * 1024

/** An open blob. */
export interface OpenedBlob {
  readonly handle: FileHandle
  readonly size: number
}

/** A manifest or an index, verified against its digest. */
export interface StoredDocument {
  readonly bytes: Buffer
  readonly value: Readonly<Record<string, unknown>>
}

/** The blobs of one store. */
export class StoredFiles {
  readonly #directory: string

  /** @param store directory of the store */
  constructor(store: string) {
    this.#directory = join(store, 'blobs')
  }

  /** Opens a blob. Returns undefined if the store does not have it. The caller closes the handle. */
  async open(digest: Digest): Promise<OpenedBlob | undefined> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
    let handle: FileHandle
    try {
      handle = await open(digestPath(this.#directory, digest), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
    const stats = await handle.stat()
    if (stats.isFile()) return { handle, size: stats.size }
    await handle.close()
    return undefined
  }

  /** Reports whether the store has a blob. */
  async has(digest: Digest): Promise<boolean> {
    const blob = await this.open(digest)
    await blob?.handle.close()
    return blob !== undefined
  }

  /** Records that the image of a manifest or an index was used: see `markUsedAt`. */
  async markUsed(digest: Digest): Promise<void> {
    await markUsedAt(digestPath(this.#directory, digest))
  }

  /** Reads a manifest or an index. Returns undefined if the store does not have it intact, or it is no document. */
  async document(digest: Digest): Promise<StoredDocument | undefined> {
    const blob = await this.open(digest)
    if (!blob) return undefined
    try {
      if (blob.size > maxDocumentBytes) return undefined
      const bytes = await blob.handle.readFile()
      if (digestOf(bytes, algorithmOf(digest)) !== digest) return undefined
      const value = parse(bytes)
      return value && { bytes, value }
    } finally {
      await blob.handle.close()
    }
  }
}

const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')

function parse(bytes: Buffer): StoredDocument['value'] | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as StoredDocument['value']) : undefined
  } catch {
    return undefined
  }
}
