/**
 * Defines `ImageSource`, from which the bytes of images are read: a repository of a registry, an image layout, an archive.
 * Pulls use only this interface, so another source can be added.
 */
import type { Readable } from 'node:stream'
import type { ErrorCode, WindlassError } from '../errors.js'
import type { Descriptor } from './documents/descriptor.js'
import type { Digest } from './digest/digest.js'

/**
 * What a host is to a request: the `registry`; the `token-server` of the registry; the `storage` that the registry redirects to; a
 * `foreign` host that a manifest names.
 */
export type HostRole = 'registry' | 'token-server' | 'storage' | 'foreign'

/** An HTTP request that has ended. Each redirect and each repetition is a request of its own. Contains no secrets. */
export interface RequestReport {
  readonly method: string
  /** Without user info, query and fragment. */
  readonly url: string
  readonly role: HostRole
  /** Milliseconds from the start to the end of the body of the response, or to the failure. */
  readonly duration: number
  /** Number of bytes of the body that were received. */
  readonly received: number
  /** Status of the response, if there was one. */
  readonly status?: number
  /** Code of the failure: of the request, or of the body. */
  readonly error?: ErrorCode
}

/** How many requests a registry still allows this client, as its response says. */
export interface RateLimit {
  /** Number of requests that are left. */
  readonly remaining: number
  /** Number of requests in a window. */
  readonly limit?: number
  /** Length of the window, in seconds. */
  readonly window?: number
  /** Seconds until more requests are allowed. */
  readonly reset?: number
  /** What the registry counts by: an address or a user. Only Docker Hub says that. */
  readonly source?: string
}

/** A manifest as received, before verification. */
export interface FetchedManifest {
  /** The body, unchanged. At most `maxBytes` bytes. */
  readonly bytes: Buffer
  /** The `Content-Type` header as received, including parameters; undefined if there was none. */
  readonly contentType: string | undefined
  /** Host that served the manifest. */
  readonly host: string
  /**
   * Descriptor of the manifest in the index of the source, if it has one, such as a layout. The bytes must match it.
   */
  readonly descriptor?: Descriptor
  /** What the registry said about its rate limit, if anything. */
  readonly rateLimit?: RateLimit
  /** Whether the host is a mirror (false). */
  readonly isMirror?: boolean
}

/**
 * What a source states about a manifest without sending it. It is not verified: use it to detect changes, not as a
 * statement about the manifest. `size` is in bytes.
 */
export interface ManifestHead {
  readonly digest: Digest | undefined
  readonly contentType: string | undefined
  readonly size: number | undefined
  readonly host: string
  /** What the registry said about its rate limit, if anything. */
  readonly rateLimit?: RateLimit
  /** Whether the host is a mirror (false). */
  readonly isMirror?: boolean
  /** Time of the response, in milliseconds since 1970. */
  readonly date?: number
}

/** Options of `ImageSource.manifest`. */
export interface ManifestRequest {
  readonly signal?: AbortSignal
  /**
   * For `ImageSource.head`: send no GET request if the response to HEAD states no digest; the digest is then undefined (false).
   * Registries count GET requests of manifests.
   */
  readonly onlyHead?: boolean
  /** Maximum size of the body, in bytes. Default: 4 MiB. */
  readonly maxBytes?: number
  /** Receives problems that were ignored: a code for programs and a sentence for users. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
  /** Is called at the end of each HTTP request. A source without HTTP never calls it. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined
}

/** The content of a blob, from `offset` on. */
export interface BlobBody {
  /** Bytes of the blob from `offset`: as many as were requested, or all to the end of the blob. */
  readonly stream: Readable
  /**
   * Position of the first byte of `stream` in the blob: the requested offset, or 0 if the source sends the whole blob.
   */
  readonly offset: number
  /** Size of the whole blob in bytes, if known. */
  readonly size: number | undefined
  /** Value that changes with the content (a strong `ETag`), if there is one. Used to resume a download. */
  readonly validator: string | undefined
  /** Host that served the blob. */
  readonly host: string
}

/** Options of `ImageSource.blob`. */
export interface BlobRequest {
  readonly signal?: AbortSignal
  /** Position of the first byte to send (default 0). To resume a download, the number of bytes already fetched. */
  readonly offset?: number
  /**
   * Number of bytes to send, at least 1 (default: all from `offset`). A source that cannot send a part of a blob sends
   * the whole blob, so the caller must check `BlobBody.offset` and stop reading when it has enough.
   */
  readonly length?: number
  /** `BlobBody.validator` of the bytes already fetched. Only with `offset`. */
  readonly validator?: string
  /** Is called at the end of each HTTP request. A source without HTTP never calls it. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined
}

/** Options of `ImageSource.tags`. */
export interface TagsRequest {
  readonly signal?: AbortSignal
  /**
   * Called when a page of the list fails. Returns the delay in milliseconds before the page is requested again, or
   * undefined to fail. `attempt` counts from 1 for each page. Default: no retries.
   */
  readonly again?: (error: unknown, attempt: number) => number | undefined
  /**
   * Receives warnings, each code once. `tags-left-out`: the list contains items that are not tags, which are left out.
   */
  readonly onWarning?: (code: string, message: string) => void
}

/** A place that may have the blobs of a source: a mirror of a registry, or the registry itself. */
export interface BlobOrigin {
  /** Name of the place in events and errors: a host. */
  readonly host: string
  /** Whether this is a mirror. It is tried once for each blob; its failure is a warning. */
  readonly isMirror: boolean
  /** Opens the blob. */
  blob(descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody>
  /** Records that this place failed to provide a blob, or sent wrong bytes, so that other places are tried first. */
  recordFailure(error: WindlassError): void
}

/** Options of `ImageSource.referrers`. */
export interface ReferrersRequest extends Pick<ManifestRequest, 'signal' | 'onWarning' | 'onRequest'> {
  /** Leave out the referrers that are known to have another artifact type. Default: list all. */
  readonly artifactType?: string
}

/** A source of images. */
export interface ImageSource {
  /** Name of the source in events and errors: a host or a path. */
  readonly host: string
  /** Repository within the host, if the source has several. Repositories may differ in access rights. */
  readonly repository?: string
  /**
   * Identifies the source and the credentials. Sources with the same identity may share downloads. Contains no secrets.
   */
  identity(request?: { readonly signal?: AbortSignal }): Promise<string>
  /** Fetches a manifest. */
  manifest(tagOrDigest: string, request?: ManifestRequest): Promise<FetchedManifest>
  /** Returns what the source states about a manifest. A source that cannot do so without sending it has no `head`. */
  head?(tagOrDigest: string, request?: ManifestRequest): Promise<ManifestHead>
  /**
   * Returns the places that may have the blobs, in the order in which to try them. A source with one place does not
   * define this method. `blob` tries them too.
   */
  blobOrigins?(request?: { readonly signal?: AbortSignal }): Promise<readonly BlobOrigin[]>
  /** Opens a blob. */
  blob(descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody>
  /**
   * Opens a blob at one of the `urls` of its descriptor, without the credentials of the source. A source that does not
   * support this does not define this method.
   */
  foreignBlob?(url: string, descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody>
  /**
   * Returns the size of a blob in bytes, with as little traffic as possible. For schema 1, whose manifests have no
   * sizes. The size is unverified until the blob has been downloaded.
   */
  blobSize(digest: Digest, request?: { readonly signal?: AbortSignal }): Promise<number>
  /** Yields the tags as the source lists them, one page at a time. */
  tags(request?: TagsRequest): AsyncIterable<readonly string[]>
  /**
   * Yields the descriptors of the manifests whose `subject` is `digest`, one page at a time: signatures, SBOMs,
   * attestations. The artifact types and annotations are those of the list. Only the manifests themselves state them
   * reliably. A source that cannot find referrers does not define this method.
   */
  referrers?(digest: Digest, request?: ReferrersRequest): AsyncIterable<readonly Descriptor[]>
  /**
   * Releases what the source keeps, such as the decompressed copy of an archive. The source may be used again. A source that
   * keeps nothing does not define this method.
   */
  close?(): Promise<void>
}
