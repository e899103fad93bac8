/** Reads the list of names of a store as repositories with tags. Reads it again when it has changed. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Digest,
  type Reference,
  isDigest,
  parseReference,
  withDefaultTag,
} from '../../lib/image/index.js'
import { readRegular } from '../../lib/store/files/read-regular.js'
import { IndexDocument, emptyIndex } from '../../lib/store/names/index-document.js'
import type { NamedImage } from '../../lib/store/names/named-image.js'
import { keyText, registryKey } from './repository-key.js'

/** One repository of the list. */
export interface ListedRepository {
  readonly tags: Map<string, NamedImage>
  /** The images of all names, with and without a tag. */
  readonly images: NamedImage[]
}

/** The list at one time. */
export interface Listed {
  /** By `keyText`. */
  readonly repositories: ReadonlyMap<string, ListedRepository>
  /** Digests of the entries without a name, which other tools write for what is attached to an image. */
  readonly unnamed: readonly Digest[]
}

/** The names of one store. */
export class ListedRepositories {
  readonly #path: string
  #last: { readonly key: string; readonly listed: Listed } | undefined

  constructor(store: string) {
    this.#path = join(store, 'index.json')
  }

  /** Returns the list, the same object while the file is the same. @throws STORE_CORRUPT when it is not a list */
  async read(): Promise<Listed> {
    const key = await this.#key()
    if (this.#last?.key === key) return this.#last.listed
    const text = await readRegular(this.#path)
    const listed = listedIn(
      IndexDocument.parse(text === undefined || text === '' ? emptyIndex : text, this.#path),
    )
    this.#last = { key, listed }
    return listed
  }

  /** Returns what identifies the present content of the file, which is replaced and not changed. */
  async #key(): Promise<string> {
    const found = await stat(this.#path, { bigint: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    })
    return found ? `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : 'none'
  }
}

function listedIn(index: IndexDocument): Listed {
  const corrupt = new Set(index.corruptEntries.map(({ key }) => key))
  const repositories = new Map<string, ListedRepository>()
  const unnamed: Digest[] = []
  for (const { key, name, digest, image } of index.entries) {
    if (corrupt.has(key)) continue
    if (name === undefined && isDigest(digest)) unnamed.push(digest)
    const reference = name === undefined || !image ? undefined : referenceOf(name)
    if (!reference || !image) continue
    const of = keyText({ registry: registryKey(reference.registry), repository: reference.repository })
    const repository = repositories.get(of) ?? { tags: new Map<string, NamedImage>(), images: [] }
    repositories.set(of, repository)
    repository.images.push(image)
    // In a name with a digest, the tag was not resolved.
    if (reference.tag !== undefined && reference.digest === undefined)
      repository.tags.set(reference.tag, image)
  }
  return { repositories, unnamed }
}

/** Other tools use names that are no references. */
function referenceOf(name: string): Reference | undefined {
  try {
    return withDefaultTag(parseReference(name))
  } catch {
    return undefined
  }
}
