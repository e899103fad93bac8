/** What a name of the store says. */
import type { Descriptor, Digest } from '../../image/index.js'

/** A name of the store and the manifest that it points at. */
export interface NamedImage {
  /** The normalised reference. */
  readonly name: string
  /** The reference as the user typed it; the name itself where another tool wrote the entry. */
  readonly typed: string
  /** The manifest. */
  readonly descriptor: Descriptor
  /** What the reference led to: the index that the manifest was chosen from, or the manifest itself. */
  readonly rootDigest?: Digest
  readonly rootMediaType?: string
}
