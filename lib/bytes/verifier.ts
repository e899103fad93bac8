/** Holds bytes to the size and digest that were promised, while they pass and before anything of them counts. */
import { createHash } from 'node:crypto'
import { WindlassError } from '../errors.js'
import { algorithmOf, parseDigest, type Digest } from '../image/digest/digest.js'

export interface Expected {
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
}

/** What is verified, as messages call it. */
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
   * @throws WindlassError SIZE_MISMATCH, also where nothing is expected and the digest is not that of nothing;
   * DIGEST_MISMATCH
   */
  check(): void {
    const { digest, size } = this.expected
    const actual = this.#digest()
    if (this.#bytes !== size) {
      const failure = this.#failure('SIZE_MISMATCH', `${this.#bytes} bytes`)
      throw actual === digest ? wrongSize(failure.message, digest) : failure
    }
    if (actual === digest) return
    if (size > 0) throw this.#failure('DIGEST_MISMATCH', actual)
    // Nothing was read: the digest of nothing is another.
    const failed = `${this.#what} verification failed for digest ${digest}: the manifest says that it has 0 bytes`
    throw new WindlassError('SIZE_MISMATCH', `${failed}, and the digest says that it has some`, {
      digest,
      hint: 'The size in the manifest is wrong. Tell whoever publishes the image.',
    })
  }

  /** Whether what came so far has the digest that is expected, whatever its size. */
  hasDigest(): boolean {
    return this.#digest() === this.expected.digest
  }

  #digest(): string {
    return `${algorithmOf(this.expected.digest)}:${this.#hash.copy().digest('hex')}`
  }

  #failure(code: 'SIZE_MISMATCH' | 'DIGEST_MISMATCH', actual: string): WindlassError {
    const { digest, size } = this.expected
    const wanted = code === 'SIZE_MISMATCH' ? `${size} bytes` : digest
    return new WindlassError(
      code,
      `${this.#what} verification failed for digest ${digest}: expected ${wanted}, got ${actual}`,
      { digest, hint: code === 'SIZE_MISMATCH' ? eitherHint : bytesHint },
    )
  }
}

const bytesHint = 'The registry, or something on the way, serves other bytes than the image names.'

/** Where it is not known whose fault another size is. */
export const eitherHint =
  'The manifest says a wrong size, or the registry or something on the way serves other bytes than the image names.'

/**
 * SIZE_MISMATCH where the digest says that the bytes are the right ones.
 * @param failed - what was being done, which sizes there are
 */
export const wrongSize = (failed: string, digest: Digest, host?: string): WindlassError =>
  new WindlassError('SIZE_MISMATCH', `${failed}. The digest is right: the size in the manifest is wrong`, {
    digest,
    ...(host !== undefined && { host }),
    hint: 'Nothing is wrong with the registry. Tell whoever publishes the image.',
  })
