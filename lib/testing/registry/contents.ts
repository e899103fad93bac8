/** Holds the contents of the embedded registry: blobs by digest, manifests and tags by repository. */
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { ImageManifest } from '../../image/documents/image-manifest.js'
import { readSubject } from '../../image/documents/subject.js'
import { digestOf, isDigest, type Digest, type DigestAlgorithm } from '../../image/digest/digest.js'

/** A manifest of the embedded registry. */
export interface StoredManifest {
  readonly bytes: Buffer
  /** Value of `Content-Type`. If it is empty, the header is not sent. */
  readonly mediaType: string
  readonly digest: Digest
}

interface RepositoryContents {
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, Digest>
  /** Digests of the blobs that were pushed or mounted. */
  readonly blobs: Set<string>
}

/** Contents of an embedded registry. */
export class Contents {
  readonly #blobs = new Map<string, Buffer>()
  readonly #repositories = new Map<string, RepositoryContents>()
  readonly #scoped: boolean

  /**
   * @param scoped - true: a blob belongs to the repositories that it was pushed or mounted to, and to those with a
   *   manifest that contains its digest. false: every blob belongs to every repository.
   */
  constructor({ scoped = false }: { readonly scoped?: boolean } = {}) {
    this.#scoped = scoped
  }

  /** Adds a blob. Returns its digest. */
  putBlob(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
    const digest = digestOf(bytes, algorithm)
    this.#blobs.set(digest, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    return digest
  }

  /**
   * Adds a manifest under a tag and its digest, or only under the given digest, even if that is wrong.
   * @returns the digest under which the manifest was added
   */
  putManifest(repository: string, tagOrDigest: string, bytes: Uint8Array, mediaType: string): Digest {
    const digest = isDigest(tagOrDigest) ? tagOrDigest : digestOf(bytes)
    const { manifests, tags } = this.#contents(repository)
    manifests.set(digest, { bytes: Buffer.from(bytes), mediaType, digest })
    if (tagOrDigest !== digest) tags.set(tagOrDigest, digest)
    return digest
  }

  /** Reports whether the repository exists. */
  hasRepository(repository: string): boolean {
    return this.#repositories.has(repository)
  }

  /** Returns a blob; undefined if it does not exist. */
  blob(digest: string): Buffer | undefined {
    return this.#blobs.get(digest)
  }

  /** Returns a blob of a repository; undefined if it has none with this digest. */
  blobOf(repository: string, digest: string): Buffer | undefined {
    return !this.#scoped || this.#has(repository, digest) ? this.#blobs.get(digest) : undefined
  }

  /** Adds a blob to a repository, which is created if it does not exist. */
  addBlob(repository: string, digest: string): void {
    this.#contents(repository).blobs.add(digest)
  }

  /** Returns the manifest of a tag or digest; undefined if it does not exist. */
  manifest(repository: string, reference: string): StoredManifest | undefined {
    const contents = this.#repositories.get(repository)
    return contents?.manifests.get(contents.tags.get(reference) ?? reference)
  }

  /** Removes a tag. Returns whether it existed. */
  removeTag(repository: string, tag: string): boolean {
    return this.#repositories.get(repository)?.tags.delete(tag) ?? false
  }

  /** Removes a manifest with all tags that point at it. Returns whether it existed. */
  removeManifest(repository: string, digest: string): boolean {
    const { manifests, tags } = this.#repositories.get(repository) ?? {}
    for (const [tag, target] of tags ?? []) if (target === digest) tags?.delete(tag)
    return manifests?.delete(digest) ?? false
  }

  /** Returns the tags of a repository in lexical order (distribution spec, "Listing Tags"). */
  tags(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.tags.keys() ?? [])].sort()
  }

  /** Returns the descriptors of the manifests with this subject, in the order of their digests. */
  referrers(repository: string, subject: string): readonly Descriptor[] {
    const manifests = [...(this.#repositories.get(repository)?.manifests.values() ?? [])]
    return manifests
      .filter(({ bytes }) => readSubject(bytes) === subject)
      .map(({ bytes, digest, mediaType }) => {
        const { artifactType, config, annotations } = JSON.parse(
          bytes.toString('utf8'),
        ) as Partial<ImageManifest>
        const type = artifactType ?? config?.mediaType
        return {
          ...{ mediaType, digest, size: bytes.length },
          ...(type !== undefined && { artifactType: type }),
          ...(annotations && { annotations }),
        }
      })
      .sort((one, other) => (one.digest < other.digest ? -1 : 1))
  }

  #has(repository: string, digest: string): boolean {
    const { blobs, manifests } = this.#repositories.get(repository) ?? {}
    if (blobs?.has(digest) === true) return true
    return [...(manifests?.values() ?? [])].some(({ bytes }) => bytes.includes(digest))
  }

  #contents(repository: string): RepositoryContents {
    const known = this.#repositories.get(repository) ?? {
      ...{ manifests: new Map(), tags: new Map(), blobs: new Set() },
    }
    this.#repositories.set(repository, known)
    return known
  }
}
