/** What an embedded registry holds: blobs by digest, manifests and tags by repository. */
import { digestOf, isDigest, type Digest, type DigestAlgorithm } from '../../image/digest/digest.js'

export interface StoredManifest {
  readonly bytes: Buffer
  /** Sent as `Content-Type`; none is sent for an empty one. */
  readonly mediaType: string
  readonly digest: Digest
}

interface RepositoryContents {
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, Digest>
}

export class Contents {
  readonly #blobs = new Map<string, Buffer>()
  readonly #repositories = new Map<string, RepositoryContents>()

  /** Blobs are the same in every repository. */
  putBlob(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
    const digest = digestOf(bytes, algorithm)
    this.#blobs.set(digest, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    return digest
  }

  /**
   * Under a tag, and under its digest; or, told a digest, under that one alone, be it the right one or not.
   * @returns what a client is to verify the bytes against
   */
  putManifest(repository: string, tagOrDigest: string, bytes: Uint8Array, mediaType: string): Digest {
    const digest = isDigest(tagOrDigest) ? tagOrDigest : digestOf(bytes)
    const { manifests, tags } = this.#contents(repository)
    manifests.set(digest, { bytes: Buffer.from(bytes), mediaType, digest })
    if (tagOrDigest !== digest) tags.set(tagOrDigest, digest)
    return digest
  }

  knows(repository: string): boolean {
    return this.#repositories.has(repository)
  }

  blob(digest: string): Buffer | undefined {
    return this.#blobs.get(digest)
  }

  manifest(repository: string, reference: string): StoredManifest | undefined {
    const contents = this.#repositories.get(repository)
    return contents?.manifests.get(contents.tags.get(reference) ?? reference)
  }

  /** In the order of the specification: lexical. */
  tags(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.tags.keys() ?? [])].sort()
  }

  #contents(repository: string): RepositoryContents {
    const known = this.#repositories.get(repository) ?? { manifests: new Map(), tags: new Map() }
    this.#repositories.set(repository, known)
    return known
  }
}
