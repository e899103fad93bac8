/** Holds bytes to the size and digest that were promised, while they pass and before anything of them counts. */
import { createHash } from 'node:crypto'
import { WindlassError } from '../errors.js'
import { algorithmOf, parseDigest, type Digest } from '../image/digest.js'

export interface Expected {
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
}

/** What is verified, as messages call it (S2-20, S2-32, S2-74). */
export type Verified = 'filesystem layer' | 'image config' | 'manifest' | 'blob'

export class Verifier {
  readonly expected: Expected
  readonly #what: Verified
  readonly #hash
  #bytes = 0

  constructor(expected: Expected, what: Verified = 'filesystem layer') {
    this.expected = expected
    this.#what = what
    this.#hash = createHash(algorithmOf(parseDigest(expected.digest)))
  }

  /** How many came so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws WindlassError SIZE_MISMATCH as soon as there are more bytes than expected */
  update(chunk: Uint8Array): void {
    const bytes = this.#bytes + chunk.length
    if (bytes > this.expected.size) throw this.#failure('SIZE_MISMATCH', `${bytes} bytes or more`)
    this.#bytes = bytes
    this.#hash.update(chunk)
  }

  /**
   * Says that there is no more.
   * @throws WindlassError SIZE_MISMATCH, DIGEST_MISMATCH
   */
  check(): void {
    if (this.#bytes !== this.expected.size) throw this.#failure('SIZE_MISMATCH', `${this.#bytes} bytes`)
    const { digest } = this.expected
    const actual = `${algorithmOf(digest)}:${this.#hash.copy().digest('hex')}`
    if (actual !== digest) throw this.#failure('DIGEST_MISMATCH', actual)
  }

  #failure(code: 'SIZE_MISMATCH' | 'DIGEST_MISMATCH', actual: string): WindlassError {
    const { digest, size } = this.expected
    const wanted = code === 'SIZE_MISMATCH' ? `${size} bytes` : digest
    return new WindlassError(
      code,
      `${this.#what} verification failed for digest ${digest}: expected ${wanted}, got ${actual}`,
      { digest, hint: 'The registry, or something on the way, serves other bytes than the image names.' },
    )
  }
}
