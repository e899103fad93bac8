/**
 * The names of the images, in `index.json`. Each change replaces the whole file under the metadata lock. A name is
 * written after the image that it points at.
 */
import { dirname } from 'node:path'
import { WindlassError } from '../../errors.js'
import type { BlobStore } from '../blobs/blobs.js'
import { publish, writeSynced } from '../files/durable.js'
import { isObject, type JsonObject } from '../files/json-object.js'
import { emptyIndex, IndexDocument, type CorruptEntry } from './index-document.js'
import type { IndexEntry } from './index-entry.js'
import type { FileLock } from '../locks/file-lock.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import type { NamedImage } from './named-image.js'
import { readRegular } from '../files/read-regular.js'
import { growReserve } from '../staging/reserve.js'
import type { Run } from '../staging/run.js'
import { syncStore } from '../files/sync-store.js'
import { isDiskFull, withStoreErrors } from '../files/store-error.js'
import { recoveryHints } from '../files/recovery-hints.js'

/** Reads and changes the names of the store. */
export class NameStore {
  /** The content of the file when it was last read, and its parsed form, so that it is parsed only after a change. */
  #lastRead: { readonly text: string; readonly index: IndexDocument } | undefined

  constructor(
    private readonly path: string,
    private readonly run: Run,
    private readonly metadata: MetadataLock,
    private readonly blobs: BlobStore,
    private readonly warn: (message: string) => void,
  ) {}

  /** Returns all named images, including those named by other tools. @throws WindlassError STORE_* */
  async list(): Promise<NamedImage[]> {
    return (await this.#read()).namedImages
  }

  /** Returns all entries, including unnamed and malformed ones. @throws WindlassError STORE_* */
  async entries(): Promise<IndexEntry[]> {
    return (await this.#read()).entries
  }

  /** Returns all entries that are objects, as parsed JSON. @throws WindlassError STORE_* */
  async rawEntries(): Promise<readonly JsonObject[]> {
    return (await this.#read()).rawEntries.filter(isObject)
  }

  /** Returns all images; unnamed ones are named by their digest. @throws WindlassError STORE_* */
  async listAll(): Promise<NamedImage[]> {
    return (await this.#read()).allImages
  }

  /**
   * Returns the entries of this program that are corrupt or were changed by another program. @throws WindlassError
   * STORE_*
   */
  async corrupt(): Promise<CorruptEntry[]> {
    return (await this.#read()).corruptEntries
  }

  /** Reports whether the entry named `name` is corrupt. @throws WindlassError STORE_* */
  async isCorrupt(name: string): Promise<boolean> {
    return (await this.#read()).isCorrupt(name)
  }

  /**
   * Returns the image with the normalized name `name`, otherwise the one with the name `typed`; undefined if there is
   * neither. @throws WindlassError STORE_*
   */
  async get(name: string, typed?: string): Promise<NamedImage | undefined> {
    const index = await this.#read()
    return index.find(name) ?? (typed === undefined ? undefined : index.find(typed))
  }

  /**
   * Makes the name point at the image, replacing an existing entry of that name. Other entries are not changed.
   * `signal` aborts the wait for the store's lock.
   * @throws WindlassError STORE_CORRUPT when the manifest is not in the store; STORE_*
   */
  async set(image: NamedImage, signal?: AbortSignal): Promise<void> {
    const { digest } = image.descriptor
    if (!(await this.blobs.has(digest)))
      throw new WindlassError(
        'STORE_CORRUPT',
        `Failed to store the name ${image.name}: its manifest ${digest} is not in the store`,
        {
          reference: image.name,
          digest,
          hint: recoveryHints.pullAgain(image.typed),
        },
      )
    // Another process may have stored parts of the image without syncing them yet.
    await withStoreErrors('sync the images of a new name', this.path, () => syncStore(dirname(this.path)))
    await this.blobs.markUsed(digest)
    await this.#change((index) => index.withImage(image), signal)
  }

  /** Removes the name, not the image. Returns false if the name does not exist. @throws WindlassError STORE_* */
  async remove(name: string): Promise<boolean> {
    let found = false
    await this.#change((index) => {
      found = index.has(name)
      return found ? index.withoutName(name) : index
    })
    return found
  }

  /**
   * Removes and returns the entries that `choose` selects from all entries. The images are not removed. `signal` aborts
   * the wait for the store's lock.
   * @throws the errors of `choose`, without changing anything; WindlassError STORE_*
   */
  async removeEntries(
    choose: (entries: readonly IndexEntry[]) => readonly IndexEntry[],
    signal?: AbortSignal,
  ): Promise<readonly IndexEntry[]> {
    let removed: readonly IndexEntry[] = []
    await this.#change((index) => {
      removed = choose(index.entries)
      return removed.length > 0 ? index.withoutKeys(new Set(removed.map(({ key }) => key))) : index
    }, signal)
    return removed
  }

  /** Removes the entries that have one of `keys`. `lock` is the store's lock, which the caller holds. @throws STORE_* */
  async removeWithLock(lock: FileLock, keys: ReadonlySet<string>): Promise<void> {
    await withStoreErrors('write the names', this.path, () =>
      this.#changeWithLock(lock, (index) => index.withoutKeys(keys)),
    )
  }

  /** Replaces the index with the result of `change`. Writes nothing if `change` returns its argument. */
  async #change(change: (index: IndexDocument) => IndexDocument, signal?: AbortSignal): Promise<void> {
    await withStoreErrors('write the names', this.path, () =>
      this.metadata.hold((lock) => this.#changeWithLock(lock, change), signal),
    )
  }

  async #changeWithLock(lock: FileLock, change: (index: IndexDocument) => IndexDocument): Promise<void> {
    const before = await this.#read()
    const after = change(before)
    if (after === before) return
    const text = after.toString()
    try {
      await this.run.withFreshPath('index', undefined, async (staged) => {
        await writeSynced(staged, text)
        await publish(staged, this.path)
      })
      await growReserve(lock, Buffer.byteLength(text))
    } catch (error) {
      // Removing a name must work on a full disk, because it lets a collection free space.
      if (!isDiskFull(error) || text.length > before.toString().length) throw error
      await lock.writeAndRename(this.path, text)
    }
  }

  async #read(): Promise<IndexDocument> {
    const text = await withStoreErrors('read the names', this.path, () => readRegular(this.path))
    if (text === '')
      this.warn(`The list of names of the store is an empty file, so the store has no names: ${this.path}`)
    const content = text === undefined || text === '' ? emptyIndex : text
    if (this.#lastRead?.text !== content)
      this.#lastRead = { text: content, index: IndexDocument.parse(content, this.path) }
    return this.#lastRead.index
  }
}
