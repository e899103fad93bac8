/**
 * A resumable download, locked by its user. The caller must verify the bytes: they are hashed again when the download
 * continues, and only the digest of the whole blob is trusted.
 */
import { lstatIfThere, open, rename, truncate, unlink } from '../../system/files.js'
import type { FileLock } from '../locks/file-lock.js'
import { isObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { removeTree } from '../files/remove-tree.js'
import { withStoreErrors, ignoreMissing } from '../files/store-error.js'

/** How the bytes were downloaded. A download can be continued only if the server still has the same version of the blob. */
export interface PartialJournal {
  /** The server that sent `validator`, which means nothing to other servers. */
  readonly from?: string | undefined
  /** Identifies the version of the blob on the server, for example a strong `ETag`. */
  readonly validator?: string | undefined
  /** Size of the whole blob in bytes. */
  readonly expectedSize: number
}

/** A partial download, acquired with `PartialStore.acquire`. */
export class Partial {
  #length = 0
  #journal: PartialJournal | undefined
  #released: Promise<void> | undefined

  private constructor(
    /**
     * Path of the bytes so far. The file exists; append to it. When verified and synced, pass it to `BlobStore.adopt`.
     */
    readonly path: string,
    private readonly lock: FileLock,
    /** Called on release; `hasBytes` tells whether bytes remain, to be resumed. */
    private readonly onRelease: (hasBytes: boolean) => void,
    /** Whether the bytes are kept after `release`. */
    private readonly keepBytes: boolean,
  ) {}

  /** @internal opens the partial download at `path`, whose `lock` is held */
  static async open(
    path: string,
    lock: FileLock,
    onRelease: (hasBytes: boolean) => void,
    { keeps = true } = {},
  ): Promise<Partial> {
    const partial = new Partial(path, lock, onRelease, keeps)
    await partial.#load()
    return partial
  }

  /** Number of bytes when the download was acquired or last discarded. */
  get length(): number {
    return this.#length
  }

  /** The server that sent the last bytes; undefined if unknown. */
  get from(): string | undefined {
    return this.#journal?.from
  }

  /** Returns the validator of the server `from`; undefined if the bytes came from another server. */
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
   * Releases the lock. Bytes stay, to be resumed; an empty file is removed. A second call has no effect.
   * @throws WindlassError STORE_*
   */
  release(): Promise<void> {
    this.#released ??= withStoreErrors('release a partial download', this.path, async () => {
      let hasBytes = true
      try {
        hasBytes = this.keepBytes && !!(await lstatIfThere(this.path))?.size
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
    const found = await lstatIfThere(this.path)
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
    // Any entry with this name is removed: the directory belongs to this program.
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
