/** Verifies a blob while it passes through a stream. */
import { Transform, type TransformCallback } from 'node:stream'
import { type Expected, type ContentKind, Verifier } from './verifier.js'

/** Options of a `VerifyingStream`. */
export interface VerifyingOptions {
  /** What the bytes are, for messages (default `blob`). */
  readonly what?: ContentKind
  /** Converts an error of the verification to the error with which the stream fails. Default: unchanged. */
  readonly toStreamError?: (error: unknown) => Error
}

/**
 * Passes the bytes of a blob through. The last chunk is passed only after the size and the digest are verified. So a
 * reader that stops after the expected number of bytes never takes a wrong blob for complete.
 */
export class VerifyingStream extends Transform {
  readonly #verifier: Verifier
  readonly #failure: (error: unknown) => Error
  #isVerified: boolean

  constructor(
    expected: Expected,
    { what = 'blob', toStreamError = (error) => error as Error }: VerifyingOptions = {},
  ) {
    super()
    this.#verifier = new Verifier(expected, what)
    this.#failure = toStreamError
    this.#isVerified = expected.size === 0 && this.#verifier.hasDigest()
  }

  /**
   * Whether all expected bytes have passed and are verified. Becomes true with the last byte, before the stream ends,
   * because a reader that counts bytes does not wait for the end.
   */
  get isVerified(): boolean {
    return this.#isVerified
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#verifier.update(chunk)
      if (this.#verifier.bytes === this.#verifier.expected.size) this.#check()
    } catch (error) {
      this.#isVerified = false
      done(this.#failure(error))
      return
    }
    done(null, chunk)
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#check()
      done()
    } catch (error) {
      done(this.#failure(error))
    }
  }

  #check(): void {
    this.#verifier.check()
    this.#isVerified = true
  }
}
