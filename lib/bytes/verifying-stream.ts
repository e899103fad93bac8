/** Verifies a blob while it passes through a stream. */
import { Transform, type TransformCallback } from 'node:stream'
import { type Expected, type Verified, Verifier } from './verifier.js'

/** Options of a `VerifyingStream`. */
export interface VerifyingOptions {
  /** What the bytes are, for the error (`blob`). */
  readonly what?: Verified
  /** Returns the error to fail with in place of that of the verification. */
  readonly failure?: (error: unknown) => Error
}

/**
 * Passes the bytes of a blob through. The last byte is passed when size and digest are verified, so that a reader that
 * counts never has the whole of a wrong blob.
 */
export class VerifyingStream extends Transform {
  readonly #verifier: Verifier
  readonly #failure: (error: unknown) => Error
  #whole: boolean

  constructor(
    expected: Expected,
    { what = 'blob', failure = (error) => error as Error }: VerifyingOptions = {},
  ) {
    super()
    this.#verifier = new Verifier(expected, what)
    this.#failure = failure
    this.#whole = expected.size === 0 && this.#verifier.hasDigest()
  }

  /** Whether all bytes have passed and were right. True before the end: a reader that counts needs none. */
  get whole(): boolean {
    return this.#whole
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#verifier.update(chunk)
      if (this.#verifier.bytes === this.#verifier.expected.size) this.#check()
    } catch (error) {
      this.#whole = false
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
    this.#whole = true
  }
}
