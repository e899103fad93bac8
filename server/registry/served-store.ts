/** The store as a registry: which repositories it has, and what of each may be served. Only reads. */
import type { Digest } from '../../lib/image/index.js'
import { type Listed, ListedRepositories } from './listed-repositories.js'
import { type RepositoryContents, attachedAmong, contentsOf } from './repository-contents.js'
import { type RepositoryKey, keyText } from './repository-key.js'
import { type OpenedBlob, StoredFiles } from './stored-files.js'

/** Milliseconds for which the absence of a blob is believed although its file exists. */
const believeAbsence = 1_000

/** Maximum number of repositories whose contents are remembered. */
const maxRemembered = 256

interface Remembered {
  readonly listed: Listed
  readonly at: number
  readonly contents: Promise<RepositoryContents>
}

/** A repository that a request is about. */
export interface ServedRepository {
  readonly key: RepositoryKey
  readonly contents: RepositoryContents
}

/** Serves one store. */
export class ServedStore {
  readonly files: StoredFiles
  readonly #names: ListedRepositories
  readonly #remembered = new Map<string, Remembered>()
  readonly #attached = new WeakMap<Listed, ReturnType<typeof attachedAmong>>()

  /** @param store directory of the store, which may not exist yet */
  constructor(
    store: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.files = new StoredFiles(store)
    this.#names = new ListedRepositories(store)
  }

  /** Returns the first of `keys` that the store has images of. @throws STORE_CORRUPT when the names cannot be read */
  async repository(keys: readonly RepositoryKey[]): Promise<ServedRepository | undefined> {
    const listed = await this.#names.read()
    const key = keys.find((each) => listed.repositories.has(keyText(each)))
    return key && { key, contents: await this.#contents(key, listed) }
  }

  /** Opens a blob, if a name of the repository leads to it. The caller closes the handle. */
  async open({ key, contents }: ServedRepository, digest: Digest): Promise<OpenedBlob | undefined> {
    const isServed = contents.blobs.has(digest) || (await this.#again(key, digest)).blobs.has(digest)
    return isServed ? this.files.open(digest) : undefined
  }

  /** Returns the contents, read again if the store has the file `digest`, but they do not. */
  async refreshed({ key, contents }: ServedRepository, digest: Digest): Promise<RepositoryContents> {
    return contents.manifests.has(digest) ? contents : this.#again(key, digest)
  }

  /** A document that was missing when the contents were read may have been stored since, without a new name. */
  async #again(key: RepositoryKey, digest: Digest): Promise<RepositoryContents> {
    const known = this.#remembered.get(keyText(key))
    const listed = await this.#names.read()
    if (known?.listed === listed && this.now() - known.at >= believeAbsence && (await this.files.has(digest)))
      this.#remembered.delete(keyText(key))
    return this.#contents(key, listed)
  }

  #contents(key: RepositoryKey, listed: Listed): Promise<RepositoryContents> {
    const text = keyText(key)
    const known = this.#remembered.get(text)
    if (known?.listed === listed) return known.contents
    const contents = this.#read(text, listed)
    contents.catch(() => this.#remembered.delete(text))
    this.#remembered.delete(text)
    this.#remembered.set(text, { listed, at: this.now(), contents })
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= maxRemembered) break
      this.#remembered.delete(oldest)
    }
    return contents
  }

  async #read(text: string, listed: Listed): Promise<RepositoryContents> {
    const attached = this.#attached.get(listed) ?? attachedAmong(listed.unnamed, this.files)
    this.#attached.set(listed, attached)
    const repository = listed.repositories.get(text) ?? { tags: new Map(), images: [] }
    return contentsOf(repository, this.files, await attached)
  }
}
