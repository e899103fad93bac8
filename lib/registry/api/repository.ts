/** One repository of one registry, as the source of images that stages know. */
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { Digest } from '../../image/digest/digest.js'
import type {
  BlobBody,
  BlobRequest,
  FetchedManifest,
  ImageSource,
  ManifestRequest,
  TagsRequest,
} from '../../image/source.js'
import type { Access } from '../auth/access.js'
import { fetchBlob } from './blobs.js'
import { fetchForeignBlob } from './foreign-blob.js'
import { blobSize } from './blob-size.js'
import {
  fetchManifest,
  fetchManifestUnless,
  headManifest,
  type ManifestHead,
  type TaggedManifest,
} from './manifests.js'
import type { RepositoryContext } from './repository-context.js'
import { listTags } from './tags.js'

export class Repository implements ImageSource {
  readonly #context: RepositoryContext
  readonly #access: Access
  readonly host: string
  readonly repository: string

  constructor(context: RepositoryContext, access: Access) {
    this.#context = context
    this.#access = access
    this.host = context.registry
    this.repository = context.repository
  }

  identity({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return this.#access.identity(signal)
  }

  manifest(tagOrDigest: string, request?: ManifestRequest): Promise<FetchedManifest> {
    return fetchManifest(this.#context, tagOrDigest, request)
  }

  /** The manifest, or `not-modified` where it still has the `etag`. */
  manifestUnless(
    tagOrDigest: string,
    etag: string,
    request?: ManifestRequest,
  ): Promise<TaggedManifest | 'not-modified'> {
    return fetchManifestUnless(this.#context, tagOrDigest, etag, request)
  }

  /** What a name points at, for the price of a HEAD where that works. */
  head(tagOrDigest: string, request?: ManifestRequest): Promise<ManifestHead> {
    return headManifest(this.#context, tagOrDigest, request)
  }

  blob(descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody> {
    return fetchBlob(this.#context, descriptor, request)
  }

  foreignBlob(url: string, descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody> {
    return fetchForeignBlob(this.#context, url, descriptor, request)
  }

  blobSize(digest: Digest, request?: { readonly signal?: AbortSignal }): Promise<number> {
    return blobSize(this.#context, digest, request)
  }

  tags(request?: TagsRequest): AsyncIterable<readonly string[]> {
    return listTags(this.#context, request)
  }
}
