/** Defines `Signature`: what was signed, by what, about which image. */
import type { Bundle } from '@sigstore/bundle'
import type { Digest } from '../image/index.js'

/** What a signature says about an image. Nothing of it counts before the signature is verified. */
export interface Claim {
  /** Digests of the images that are signed: `sha256:<hex>`. */
  readonly digests: readonly string[]
  /** Name under which the image was signed; undefined if the form has none. */
  readonly reference: string | undefined
}

/** A signature of an image, parsed and not verified. */
export interface Signature {
  /** Digest of the manifest that holds the signature. */
  readonly manifest: Digest
  readonly form: 'bundle' | 'simple-signing'
  readonly claim: Claim
  /** The bytes that are signed. */
  readonly signed: Buffer
  readonly signature: Buffer
  /** Name of the key, if the signature states it (see `PublicKey.hint`). */
  readonly keyHint: string | undefined
  readonly hasCertificate: boolean
  /** The signature as a bundle, with its certificate, log entries and timestamps. `signed` is its artifact. */
  readonly bundle: Bundle
}
