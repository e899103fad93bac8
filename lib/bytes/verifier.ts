/** Verifies the size and digest of bytes while they are processed. */
import { createHash } from 'node:crypto'
import { WindlassError } from '../errors.js'
import { formatCount } from '../quantities.js'
import { algorithmOf, parseDigest, type Digest } from '../image/digest/digest.js'

/** The expected digest and size of a blob. */
export interface Expected {
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
}

/** What the verified bytes are, for messages. */
export type ContentKind = 'filesystem layer' | 'image config' | 'manifest' | 'blob'

/** Verifies a sequence of chunks against an expected size and digest. */
export class Verifier {
  readonly expected: Expected
  readonly #what: ContentKind
  readonly #hash
  #bytes = 0

  constructor(expected: Expected, what: ContentKind = 'filesystem layer') {
    this.expected = expected
    this.#what = what
    this.#hash = createHash(algorithmOf(parseDigest(expected.digest)))
  }

  /** Number of bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds the next chunk. @throws WindlassError SIZE_MISMATCH when there are more bytes than expected */
  update(chunk: Uint8Array): void {
    const bytes = this.#bytes + chunk.length
    if (bytes > this.expected.size)
      throw this.#failure('SIZE_MISMATCH', `${formatCount(bytes, 'byte')} or more`)
    this.#bytes = bytes
    this.#hash.update(chunk)
  }

  /**
   * Verifies the size and digest after the last chunk.
   * @throws WindlassError SIZE_MISMATCH, also when the expected size is 0 and the digest is not that of empty data;
   * DIGEST_MISMATCH
   */
  check(): void {
    const { digest, size } = this.expected
    const actual = this.#digest()
    if (this.#bytes !== size) {
      const failure = this.#failure('SIZE_MISMATCH', formatCount(this.#bytes, 'byte'))
      throw actual === digest ? manifestSizeError(failure.message, digest) : failure
    }
    if (actual === digest) return
    if (size > 0) throw this.#failure('DIGEST_MISMATCH', actual)
    // Nothing was read, and the expected digest is not that of empty data.
    const failed = `${this.#what} verification failed for digest ${digest}: the manifest states 0 bytes`
    throw new WindlassError('SIZE_MISMATCH', `${failed}, but the digest is not that of empty data`, {
      digest,
      hint: 'The size in the manifest is wrong. Tell whoever publishes the image.',
    })
  }

  /** Reports whether the bytes so far have the expected digest, whatever their number. */
  hasDigest(): boolean {
    return this.#digest() === this.expected.digest
  }

  #digest(): string {
    return `${algorithmOf(this.expected.digest)}:${this.#hash.copy().digest('hex')}`
  }

  #failure(code: 'SIZE_MISMATCH' | 'DIGEST_MISMATCH', actual: string): WindlassError {
    const { digest, size } = this.expected
    const wanted = code === 'SIZE_MISMATCH' ? formatCount(size, 'byte') : digest
    return new WindlassError(
      code,
      `${this.#what} verification failed for digest ${digest}: expected ${wanted}, got ${actual}`,
      { digest, hint: code === 'SIZE_MISMATCH' ? sizeMismatchHint : digestMismatchHint },
    )
  }
}

const digestMismatchHint =
  'The registry, or a proxy or cache in between, sent wrong data. Try again, or tell whoever runs the registry.'

/** The hint for a wrong size, if either the size in the manifest or the bytes may be wrong. */
export const sizeMismatchHint =
  'The manifest states a wrong size, or the registry, or a proxy or cache in between, sent wrong data.'

/**
 * Returns the SIZE_MISMATCH error for bytes with the right digest and another size than the manifest states.
 * @param failed the first part of the message: the failed operation and both sizes
 */
export const manifestSizeError = (failed: string, digest: Digest, host?: string): WindlassError =>
  new WindlassError('SIZE_MISMATCH', `${failed}; the digest matches, so the size in the manifest is wrong`, {
    digest,
    ...(host !== undefined && { host }),
    hint: 'The registry works. Tell whoever publishes the image.',
  })
