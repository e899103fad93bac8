/** The image that a name points at. */
import type { Descriptor, Digest } from '../../image/index.js'

/** A name in the store and the manifest that it points at. */
export interface NamedImage {
  /** The normalized reference. */
  readonly name: string
  /** The reference as the user typed it; equal to `name` for an entry of another tool. */
  readonly typed: string
  /** The descriptor of the manifest. */
  readonly descriptor: Descriptor
  /**
   * The digest that the reference resolved to: of the index that the manifest was selected from, or of the manifest.
   */
  readonly rootDigest?: Digest
  /** The media type of `rootDigest`. */
  readonly rootMediaType?: string
}
