/**
 * Where an image's bytes come from: a repository of a registry, or an image layout on disk.
 * Stages know this interface only, so that mirrors, archives and layouts fit where a registry does.
 */
import type { Readable } from 'node:stream'
import type { Descriptor } from './documents/descriptor.js'
import type { Digest } from './digest/digest.js'

/** A manifest as it was served, before anything of it is believed. */
export interface FetchedManifest {
  /** The body, byte for byte; at most the caller's limit. */
  readonly bytes: Buffer
  /** The `Content-Type` as sent, parameters included; undefined where there was none. */
  readonly contentType: string | undefined
  /** Which host answered. */
  readonly host: string
  /** What led to the bytes, where the source has a list of its own, as layouts do. The bytes must have its digest. */
  readonly descriptor?: Descriptor
}

export interface ManifestRequest {
  readonly signal?: AbortSignal
  /** Refuse a longer body, in bytes (4 MiB unless said otherwise). */
  readonly maxBytes?: number
  /** Called for what is wrong and was ignored: a code for programs, a sentence for people. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

/** The body of a blob, from `offset` on. */
export interface BlobBody {
  readonly stream: Readable
  /** Where in the blob the first byte of `stream` stands: what was asked for, or 0 if the source sent the whole. */
  readonly offset: number
  /** Size of the whole blob in bytes, where the source tells. */
  readonly size: number | undefined
  /** What tells a changed blob from the same one when resuming (a strong `ETag`), where there is one. */
  readonly validator: string | undefined
  readonly host: string
}

export interface BlobRequest {
  readonly signal?: AbortSignal
  /** Bytes that are already here: ask for the rest. */
  readonly offset?: number
  /** Given with `offset`: the validator of the bytes that are here. */
  readonly validator?: string
}

export interface TagsRequest {
  readonly signal?: AbortSignal
  /**
   * Whether a page that failed is asked for again: the milliseconds until then, where it is. Without this, none is.
   * `attempt` counts from 1, for each page anew.
   */
  readonly again?: (error: unknown, attempt: number) => number | undefined
  /** Hears what is odd about the list, each code once: `tags-left-out` for items that are no tags. */
  readonly onWarning?: (code: string, message: string) => void
}

export interface ImageSource {
  /** What to call it in events and errors: the host, or the path. */
  readonly host: string
  /** Which part of it is asked, where it has parts: what one refuses, another may give. */
  readonly repository?: string
  /** Who serves and as whom: two sources with the same identity may share what they fetch. Holds no secret. */
  identity(request?: { readonly signal?: AbortSignal }): Promise<string>
  manifest(tagOrDigest: string, request?: ManifestRequest): Promise<FetchedManifest>
  blob(descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody>
  /** A blob from one of its descriptor's `urls`, with no credential of the source's; none where a source has no way there. */
  foreignBlob?(url: string, descriptor: Descriptor, request?: BlobRequest): Promise<BlobBody>
  /**
   * Bytes of a blob that no manifest tells the size of (schema 1), for as little traffic as the source can. Unverified
   * until the blob is here.
   */
  blobSize(digest: Digest, request?: { readonly signal?: AbortSignal }): Promise<number>
  /** The tags, a page at a time, as served. */
  tags(request?: TagsRequest): AsyncIterable<readonly string[]>
}
