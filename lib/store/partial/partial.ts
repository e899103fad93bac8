/**
 * A resumable download of a blob, locked by the process that downloads it. The bytes of an earlier download are not
 * trusted: the caller must hash them again and verify the digest of the whole blob.
 */
import { lstatIfExists, open, rename, truncate, unlink } from '../../system/files.js'
import type { FileLock } from '../locks/file-lock.js'
import { isObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { removeTree } from '../files/remove-tree.js'
import { withStoreErrors, ignoreMissing } from '../files/store-error.js'

/** Where the bytes came from. A download can be resumed only if the server still has the same version of the blob. */
export interface PartialJournal {
  /** The server that sent `validator`, which is valid only for this server. */
  readonly from?: string | undefined
  /** Identifies the version of the blob on the server, for example a strong `ETag`. */
  readonly validator?: string | undefined
  /** Size of the whole blob in bytes. */
  readonly expectedSize: number
}

/** A partial download, acquired with `PartialStore.acquire`. */
export class PartialDownload {
  #length = 0
  #journal: PartialJournal | undefined
  #released: Promise<void> | undefined

  private constructor(
    /**
     * Path of the file with the bytes so far, to which the caller appends. Once complete, verified and synced, pass it
     * to `BlobStore.adopt`.
     */
    readonly path: string,
    private readonly lock: FileLock,
    /** Called on release. `hasBytes`: whether bytes were kept, so that the download can be resumed. */
    private readonly onRelease: (hasBytes: boolean) => void,
    /** Whether `release` keeps the bytes. */
    private readonly isResumable: boolean,
  ) {}

  /** @internal opens the partial download at `path`, whose `lock` is held */
  static async open(
    path: string,
    lock: FileLock,
    onRelease: (hasBytes: boolean) => void,
    { isResumable = true } = {},
  ): Promise<PartialDownload> {
    const partial = new PartialDownload(path, lock, onRelease, isResumable)
    await partial.#load()
    return partial
  }

  /** Number of bytes when the download was acquired; 0 after `discard`. Does not count bytes appended since. */
  get length(): number {
    return this.#length
  }

  /** The server that sent the last bytes; undefined if unknown. */
  get from(): string | undefined {
    return this.#journal?.from
  }

  /**
   * Returns the validator to send to the server `from`; undefined if the bytes came from another server. A journal
   * without a server is valid for any.
   */
  validatorOf(from: string): string | undefined {
    const { validator, from: sender = from } = this.#journal ?? {}
    return sender === from ? validator : undefined
  }

  /** Size of the whole blob in bytes according to the journal; undefined if unknown. */
  get expectedSize(): number | undefined {
    return this.#journal?.expectedSize
  }

  /** Writes the journal. Call it before the first byte is written. @throws WindlassError STORE_* */
  async record(journal: PartialJournal): Promise<void> {
    const { expectedSize, validator, from } = journal
    await withStoreErrors('record a download', this.#journalPath, async () => {
      const next = `${this.#journalPath}.new`
      const file = await open(next, 'w', 0o600)
      try {
        await file.write(JSON.stringify({ version: 1, expectedSize, validator, from }))
      } finally {
        await file.close()
      }
      await rename(next, this.#journalPath)
    })
    this.#journal = { expectedSize, validator, from }
  }

  /**
   * Removes the bytes and the journal, but keeps the empty file and the lock. Does nothing after `BlobStore.adopt`.
   * @throws WindlassError STORE_*
   */
  async discard(): Promise<void> {
    await withStoreErrors('discard a partial download', this.path, async () => {
      this.#length = 0
      this.#journal = undefined
      await this.#removeJournal()
      await ignoreMissing(truncate(this.path, 0))
    })
  }

  /**
   * Releases the lock. Keeps the bytes, so that the download can be resumed; removes an empty file. A second call has
   * no effect.
   * @throws WindlassError STORE_*
   */
  release(): Promise<void> {
    this.#released ??= withStoreErrors('release a partial download', this.path, async () => {
      let hasBytes = true
      try {
        hasBytes = this.isResumable && !!(await lstatIfExists(this.path))?.size
        if (!hasBytes) await this.#clear()
      } finally {
        this.onRelease(hasBytes)
        await this.lock.release({ remove: true })
      }
    })
    return this.#released
  }

  get #journalPath(): string {
    return `${this.path}.json`
  }

  async #load(): Promise<void> {
    const found = await lstatIfExists(this.path)
    if (!found?.isFile()) {
      await this.#clear()
      await (await open(this.path, 'wx', 0o600)).close()
      return
    }
    this.#length = found.size
    this.#journal = parseJournal(await readIfRegular(this.#journalPath))
  }

  async #clear(): Promise<void> {
    this.#length = 0
    this.#journal = undefined
    // Removes any kind of entry, because the directory belongs to Windlass.
    await removeTree(this.path)
    await this.#removeJournal()
  }

  async #removeJournal(): Promise<void> {
    for (const path of [this.#journalPath, `${this.#journalPath}.new`]) await ignoreMissing(unlink(path))
  }
}

/**
 * Parses a journal. Returns undefined if it is malformed or of another version: the origin of the bytes is then
 * unknown.
 */
function parseJournal(text: string | undefined): PartialJournal | undefined {
  const value = parseJson(text ?? '')
  if (!isObject(value) || value['version'] !== 1 || typeof value['expectedSize'] !== 'number')
    return undefined
  const { expectedSize, validator, from } = value
  return {
    expectedSize,
    validator: typeof validator === 'string' ? validator : undefined,
    from: typeof from === 'string' ? from : undefined,
  }
}
