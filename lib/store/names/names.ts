/**
 * The names of the store's images, in the layout's `index.json`: rewritten as a whole, under a lock, and only
 * once what a name points at is there.
 */
import { dirname } from 'node:path'
import { WindlassError } from '../../errors.js'
import type { BlobStore } from '../blobs/blobs.js'
import { publish, writeSynced } from '../files/durable.js'
import { emptyIndex, IndexDocument, type CorruptEntry } from './index-document.js'
import type { IndexEntry } from './index-entry.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import type { NamedImage } from './named-image.js'
import { readRegular } from '../files/read-regular.js'
import { growReserve } from '../staging/reserve.js'
import type { Run } from '../staging/run.js'
import { syncStore } from '../files/sync-store.js'
import { isFull, storing } from '../files/store-error.js'
import { waysOut } from '../files/ways-out.js'

export class NameStore {
  /** What the file said when it was last read: a text that has not changed is not parsed again. */
  #last: { readonly text: string; readonly index: IndexDocument } | undefined

  constructor(
    private readonly path: string,
    private readonly run: Run,
    private readonly metadata: MetadataLock,
    private readonly blobs: BlobStore,
    private readonly warn: (message: string) => void,
  ) {}

  /** All named images, also those that other tools named. */
  async list(): Promise<NamedImage[]> {
    return (await this.#read()).images
  }

  /** All entries, also those without a name and those that cannot be read. */
  async entries(): Promise<IndexEntry[]> {
    return (await this.#read()).listed
  }

  /** The same, and those without a name, which go by their digest. */
  async listAll(): Promise<NamedImage[]> {
    return (await this.#read()).all
  }

  /** Entries of ours that are not as we wrote them: they have rotted, or another program changed them. */
  async corrupt(): Promise<CorruptEntry[]> {
    return (await this.#read()).corrupt
  }

  /** Whether the entry of that name is one of them. */
  async isRotten(name: string): Promise<boolean> {
    return (await this.#read()).isRotten(name)
  }

  /** The image of that normalised name; else the one that is there under the name as `typed`. */
  async get(name: string, typed?: string): Promise<NamedImage | undefined> {
    const index = await this.#read()
    return index.find(name) ?? (typed === undefined ? undefined : index.find(typed))
  }

  /**
   * Lets the name point at the image, in place of what it pointed at; entries of others stay as they are.
   * @throws WindlassError STORE_CORRUPT where the manifest is not in the store
   */
  async set(image: NamedImage, signal?: AbortSignal): Promise<void> {
    const { digest } = image.descriptor
    if (!(await this.blobs.has(digest)))
      throw new WindlassError(
        'STORE_CORRUPT',
        `${image.name} cannot be named: its manifest ${digest} is not here`,
        {
          reference: image.name,
          digest,
          hint: waysOut.pullAgain(image.typed),
        },
      )
    // What the image needs may have been found here, and its finder may have been quicker than the disk.
    await storing('write the images that are to be named to the disk', this.path, () =>
      syncStore(dirname(this.path)),
    )
    await this.#change((index) => index.with(image), signal)
  }

  /** Forgets the name; what it pointed at stays. False where there was no such name. */
  async remove(name: string): Promise<boolean> {
    let found = false
    await this.#change((index) => {
      found = index.has(name)
      return found ? index.without(name) : index
    })
    return found
  }

  /**
   * Removes the entries that `choose` picks out of all that are there; what they pointed at stays. Answers with them.
   * @throws what `choose` throws: then nothing is changed
   */
  async removeEntries(
    choose: (entries: readonly IndexEntry[]) => readonly IndexEntry[],
    signal?: AbortSignal,
  ): Promise<readonly IndexEntry[]> {
    let removed: readonly IndexEntry[] = []
    await this.#change((index) => {
      removed = choose(index.listed)
      return removed.length > 0 ? index.withoutKeys(new Set(removed.map(({ key }) => key))) : index
    }, signal)
    return removed
  }

  /** `signal` ends the wait for the lock. */
  async #change(change: (index: IndexDocument) => IndexDocument, signal?: AbortSignal): Promise<void> {
    await storing('write the names', this.path, () =>
      this.metadata.hold(async (lock) => {
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
          // Who removes a name is about to make room.
          if (!isFull(error) || text.length > before.toString().length) throw error
          await lock.become(this.path, text)
        }
      }, signal),
    )
  }

  async #read(): Promise<IndexDocument> {
    const text = await storing('read the names', this.path, () => readRegular(this.path))
    if (text === '') this.warn(`The store's list of names is empty, at ${this.path}: read as no names`)
    const known = text === undefined || text === '' ? emptyIndex : text
    if (this.#last?.text !== known) this.#last = { text: known, index: IndexDocument.parse(known, this.path) }
    return this.#last.index
  }
}
