/**
 * Defines `ImageSink`, to which the bytes of images are written: a repository of a registry, or an image layout. Lines
 * that copy images use only this interface, so an archive can take the place of a registry.
 */
import type { Readable } from 'node:stream'
import type { Descriptor } from './documents/descriptor.js'
import type { Digest } from './digest/digest.js'

/** Options of the calls of an `ImageSink`. */
export interface SinkRequest {
  /** Cancels the call, which then rejects with CANCELLED and leaves nothing behind where the target permits it. */
  readonly signal?: AbortSignal | undefined
  /** Receives problems that were ignored: a code for programs and a sentence for users. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

/** Opens the content of a blob at its first byte. Called again if the content has to be sent again. */
export type OpenBlob = () => Promise<Readable>

/** Options of `ImageSink.putManifest`. */
export interface PutManifestRequest extends SinkRequest {
  /** Tag, or name in a layout, that is to point at the manifest afterwards. */
  readonly tag?: string
  /**
   * Whether this is the manifest that the copy was requested for, and not one that an index references (default: whether
   * there is a `tag`). A layout lists such a manifest in its index.
   */
  readonly root?: boolean
}

/** A target of images. Content is written before anything that refers to it: blobs, manifests, indexes, the tag. */
export interface ImageSink {
  /** Name of the target in events and errors: a host or a path. */
  readonly host: string
  /** Repository within the host, if the target has several. */
  readonly repository?: string
  /** Identifies the target and the credentials. Contains no secrets. */
  identity(request?: SinkRequest): Promise<string>
  /** Returns whether the target has the blob; false if the target cannot tell. */
  hasBlob(descriptor: Descriptor, request?: SinkRequest): Promise<boolean>
  /**
   * Returns whether the target has the image manifest, and with it the blobs that it refers to. A target that may have a
   * manifest without its blobs does not define this method.
   */
  hasImage?(descriptor: Descriptor, request?: SinkRequest): Promise<boolean>
  /** Returns the digest that a tag points at; undefined if there is no such tag or the target cannot tell. */
  resolve(tag: string, request?: SinkRequest): Promise<Digest | undefined>
  /**
   * Takes the blob from another repository of the same host, without sending it. Returns false if the target does not
   * do that for this blob. A target that never does it does not define this method.
   */
  mount?(descriptor: Descriptor, fromRepository: string, request?: SinkRequest): Promise<boolean>
  /**
   * Writes a blob. Its size and digest are verified while it streams, and nothing is visible if they are wrong or the
   * write fails.
   * @throws SIZE_MISMATCH or DIGEST_MISMATCH if `open` gives other content; errors of `open`, of its stream, and of the
   *   target
   */
  putBlob(descriptor: Descriptor, open: OpenBlob, request?: SinkRequest): Promise<void>
  /**
   * Writes a manifest or an index, byte for byte. Everything that it refers to must have been written.
   * @throws UNSUPPORTED if the target does not take manifests of this type
   */
  putManifest(bytes: Buffer, descriptor: Descriptor, request?: PutManifestRequest): Promise<void>
}
