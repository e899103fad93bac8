/**
 * One download that may be resumed, locked by whoever has it. What its bytes are worth is for the caller to find out:
 * they are hashed again when it goes on, and only the whole blob's digest is believed.
 */
import { lstatIfThere, open, rename, truncate, unlink } from '../../system/files.js'
import type { FileLock } from '../locks/file-lock.js'
import { isObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { removeTree } from '../files/remove-tree.js'
import { storing, unlessMissing } from '../files/store-error.js'

/** How the bytes came: what must be the same for more of them to fit. */
export interface PartialJournal {
  /** Who sent `validator`: it says nothing to anybody else. */
  readonly from?: string | undefined
  /** What told the blob from a changed one where it came from (a strong `ETag`), if anything did. */
  readonly validator?: string | undefined
  /** Size of the whole blob, in bytes. */
  readonly expectedSize: number
}

export class Partial {
  #length = 0
  #journal: PartialJournal | undefined
  #released: Promise<void> | undefined

  private constructor(
    /** The bytes so far, in a file that is there: append to it. Once verified and synced, `blobs.adopt` takes it away. */
    readonly path: string,
    private readonly lock: FileLock,
    private readonly onRelease: (left: boolean) => void,
    /** Whether what is here at the end stays for the next one. */
    private readonly keeps: boolean,
  ) {}

  /** @internal The partial download at `path`, whose `lock` is held. */
  static async open(
    path: string,
    lock: FileLock,
    onRelease: (left: boolean) => void,
    { keeps = true } = {},
  ): Promise<Partial> {
    const partial = new Partial(path, lock, onRelease, keeps)
    await partial.#load()
    return partial
  }

  /** How many bytes were here when this was acquired, or last discarded. */
  get length(): number {
    return this.#length
  }

  /** Who sent the last of the bytes; undefined where that is not known. */
  get from(): string | undefined {
    return this.#journal?.from
  }

  /** What `from` told the blob by; undefined where the bytes came from somebody else. */
  validatorOf(from: string): string | undefined {
    const { validator, from: sender = from } = this.#journal ?? {}
    return sender === from ? validator : undefined
  }

  get expectedSize(): number | undefined {
    return this.#journal?.expectedSize
  }

  /** Notes how the bytes come, before the first of them. */
  async record(journal: PartialJournal): Promise<void> {
    const { expectedSize, validator, from } = journal
    await storing('note a download', this.#journalPath, async () => {
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

  /** Forgets the bytes and the journal; the file stays, empty, and so does the lock. After `adopt` nothing is left to do. */
  async discard(): Promise<void> {
    await storing('discard a partial download', this.path, async () => {
      this.#length = 0
      this.#journal = undefined
      await this.#removeJournal()
      await unlessMissing(truncate(this.path, 0))
    })
  }

  /** Lets the next one have it. What is here stays, to be resumed; nothing is left of nothing. Twice is once. */
  release(): Promise<void> {
    this.#released ??= storing('release a partial download', this.path, async () => {
      let left = true
      try {
        left = this.keeps && !!(await lstatIfThere(this.path))?.size
        if (!left) await this.#clear()
      } finally {
        this.onRelease(left)
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
    // Whatever has this name is ours to remove: the directory is nobody else's.
    await removeTree(this.path)
    await this.#removeJournal()
  }

  async #removeJournal(): Promise<void> {
    for (const path of [this.#journalPath, `${this.#journalPath}.new`]) await unlessMissing(unlink(path))
  }
}

/** A journal that cannot be read, or is of another version, is none: the bytes are then of unknown origin. */
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
