/**
 * Defines `ImageSink`, to which the bytes of images are written: a repository of a registry, an image layout, an archive.
 * Copies use only this interface, so another target can be added.
 */
import type { Readable } from 'node:stream'
import type { WindlassError } from '../errors.js'
import type { Descriptor } from './documents/descriptor.js'
import type { Digest } from './digest/digest.js'
import type { TagsRequest } from './source.js'

/** Options of the calls of an `ImageSink`. */
export interface SinkRequest {
  /** Cancels the call, which then rejects with CANCELLED and, if the target permits it, removes what it has written. */
  readonly signal?: AbortSignal | undefined
  /** Receives problems that were ignored: a code for programs and a sentence for users. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

/** Opens a blob for reading from its first byte. Called once per attempt to send the blob. */
export type OpenBlob = () => Promise<Readable>

/** Options of `ImageSink.putManifest`. */
export interface PutManifestRequest extends SinkRequest {
  /** Tag, or name in a layout, that is to point at the manifest afterwards. */
  readonly tag?: string
  /**
   * Whether this is the manifest of the requested image, and not one that an index references (default: whether there
   * is a `tag`). A layout lists it in `index.json`.
   */
  readonly root?: boolean
}

/** A tag that was removed, or could not be removed for the reason in `error`. */
export interface TagRemoval {
  readonly tag: string
  readonly error?: WindlassError
}

/** A target of images. Callers write blobs first, then manifests, indexes and the tag, so that no reference dangles. */
export interface ImageSink {
  /** Name of the target in events and errors: a host or a path. */
  readonly host: string
  /** Repository within the host, if the target has several. */
  readonly repository?: string
  /** Identifies the target and the credentials. Contains no secrets. */
  identity(request?: SinkRequest): Promise<string>
  /** Returns whether the target has the blob. Returns false if that is unknown. */
  hasBlob(descriptor: Descriptor, request?: SinkRequest): Promise<boolean>
  /**
   * Returns whether the target has the image manifest, and with it the blobs that it refers to. A target that may have
   * a manifest without its blobs does not define this method.
   */
  hasImage?(descriptor: Descriptor, request?: SinkRequest): Promise<boolean>
  /** Returns the digest that a tag points at; a registry also takes a digest that it may have. Returns undefined if there is no such tag or that is unknown. */
  resolve(tag: string, request?: SinkRequest): Promise<Digest | undefined>
  /**
   * Copies the blob on the target from another repository of the same host, without sending it (distribution-spec,
   * "Mounting a blob"). Returns false if the target refuses. A target without this ability does not define this method.
   */
  mount?(descriptor: Descriptor, fromRepository: string, request?: SinkRequest): Promise<boolean>
  /**
   * Writes a blob. Verifies its size and digest while streaming. The blob becomes visible only if they are correct and
   * the write succeeds.
   * @throws SIZE_MISMATCH or DIGEST_MISMATCH if `open` gives other content; errors of `open`, of its stream, and of
   *   the target
   */
  putBlob(descriptor: Descriptor, open: OpenBlob, request?: SinkRequest): Promise<void>
  /**
   * Writes a manifest or an index, byte for byte. Everything that it refers to must have been written.
   * @throws UNSUPPORTED if the target does not take manifests of this type
   */
  putManifest(bytes: Buffer, descriptor: Descriptor, request?: PutManifestRequest): Promise<void>
  /**
   * Writes a manifest whose `subject` is `subject`, so that the target lists it as a referrer of it. `descriptor` states
   * its artifact type and annotations. The subject need not exist yet. A target that cannot list referrers does not
   * define this method.
   * @throws errors of `putManifest`
   */
  putReferrer?(bytes: Buffer, descriptor: Descriptor, subject: Digest, request?: SinkRequest): Promise<void>
  /**
   * Refuses a manifest or an index that the target cannot hold, before anything is copied. A target that holds everything
   * does not define this method.
   * @throws UNSUPPORTED
   */
  checkManifest?(bytes: Buffer, descriptor: Descriptor): void
  /**
   * Completes the target, after the root was written: writes the file of an archive. Without this call, the target does not
   * change. A target without a last step does not define this method.
   */
  finish?(request?: SinkRequest): Promise<void>
  /**
   * Releases what the target keeps, and removes what was not finished. Called at the end of a copy, also of one that failed.
   */
  close?(): Promise<void>
  /**
   * Yields the tags of the target itself, or the names in a layout, one page at a time. A target that cannot list them does
   * not define this method.
   */
  tags?(request?: TagsRequest): AsyncIterable<readonly string[]>
  /**
   * Removes tags, or names in a layout, and yields the outcome of each. Keeps what other tags need. A tag that does not
   * exist counts as removed. A target that cannot remove tags does not define this method.
   * @throws CANCELLED; a failure that concerns one tag is its outcome
   */
  removeTags?(tags: readonly string[], request?: SinkRequest): AsyncIterable<TagRemoval>
}
