/** Implements `ImageSource` for a repository of a registry. */
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { Digest } from '../../image/digest/digest.js'
import type {
  BlobBody,
  BlobRequest,
  FetchedManifest,
  ImageSource,
  ManifestHead,
  ManifestRequest,
  ReferrersRequest,
  TagsRequest,
} from '../../image/source.js'
import type { RepositoryAccess } from '../auth/access.js'
import { fetchBlob } from './blobs.js'
import { fetchForeignBlob } from './foreign-blob.js'
import { blobSize } from './blob-size.js'
import { fetchManifest, fetchManifestIfChanged, headManifest, type ManifestWithEtag } from './manifests.js'
import type { RepositoryContext } from './repository-context.js'
import { listReferrers } from './referrers.js'
import { listTags } from './tags.js'

/** One repository of one registry, as a source of images. */
export class Repository implements ImageSource {
  readonly #context: RepositoryContext
  readonly #access: RepositoryAccess
  readonly host: string
  readonly repository: string

  constructor(context: RepositoryContext, access: RepositoryAccess) {
    this.#context = context
    this.#access = access
    this.host = context.registry
    this.repository = context.repository
  }

  /** Returns a key of the registry's host and the credential. It contains no secret. */
  identity({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return this.#access.identity(signal)
  }

  /** Fetches a manifest by tag or digest. */
  manifest(tagOrDigest: string, request?: ManifestRequest): Promise<FetchedManifest> {
    return fetchManifest(this.#context, tagOrDigest, request)
  }

  /** Fetches a manifest; returns `not-modified` if it still has the given `etag`. */
  manifestIfChanged(
    tagOrDigest: string,
    etag: string,
    request?: ManifestRequest,
  ): Promise<ManifestWithEtag | 'not-modified'> {
    return fetchManifestIfChanged(this.#context, tagOrDigest, etag, request)
  }

  /** Returns the digest, media type and size of a manifest, by HEAD if the registry supports it. */
  head(tagOrDigest: string, request?: ManifestRequest): Promise<ManifestHead> {
    return headManifest(this.#context, tagOrDigest, request)
  }

  /** Requests a blob as a stream. */
  blob(descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody> {
    return fetchBlob(this.#context, descriptor, request)
  }

  /** Requests a blob from a foreign URL of its descriptor. */
  foreignBlob(url: string, descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody> {
    return fetchForeignBlob(this.#context, url, descriptor, request)
  }

  /** Returns the size of a blob in bytes. */
  blobSize(digest: Digest, request?: { readonly signal?: AbortSignal }): Promise<number> {
    return blobSize(this.#context, digest, request)
  }

  /** Lists the tags, page by page. */
  tags(request?: TagsRequest): AsyncIterable<readonly string[]> {
    return listTags(this.#context, request)
  }

  /** Lists the referrers of a manifest, page by page. */
  referrers(digest: Digest, request?: ReferrersRequest): AsyncIterable<readonly Descriptor[]> {
    return listReferrers(this.#context, digest, request)
  }
}
