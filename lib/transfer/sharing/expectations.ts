/**
 * What everybody who waits for a shared layer expects of its unpacked bytes. Each pull has a config of its own,
 * so one with a wrong config must not fail the others, and one that leaves must not leave them waiting.
 */
import { WindlassError, asWindlassError } from '../../errors.js'
import { type Digest, type DigestAlgorithm, algorithmOf } from '../../image/index.js'

export class Expectations {
  readonly #asked = new Map<symbol, Promise<Digest | undefined>>()
  readonly #changed = new Set<() => void>()
  readonly #known = new Map<symbol, Digest>()

  get size(): number {
    return this.#asked.size
  }

  /** What one of those who wait expects the diffID to be computed by; undefined while none of them knows. */
  get algorithm(): DigestAlgorithm | undefined {
    const [first] = this.#known.values()
    return first && algorithmOf(first)
  }

  /** Counts one more who waits, without a `diffID` for whatever comes; gives what takes it back. */
  add(diffID: Promise<Digest> | undefined): () => void {
    const asker = Symbol('asker')
    this.#asked.set(asker, diffID ?? Promise.resolve(undefined))
    diffID?.then(
      (known) => this.#asked.has(asker) && this.#known.set(asker, known),
      () => undefined, // told by `confirm`
    )
    this.#notifyChanged()
    return () => {
      this.#asked.delete(asker)
      this.#known.delete(asker)
      this.#notifyChanged()
    }
  }

  /**
   * Settles when somebody expects `actual`.
   *
   * @throws what the expectations failed with, if all did; DIFF_ID_MISMATCH if they are known and none is `actual`: an
   * `OtherAlgorithm` where one of them is of another algorithm, and may hold all the same.
   */
  confirm(actual: Digest, blob: Digest): Promise<void> {
    return new Promise((resolve, reject) => {
      const watched = new Set<symbol>()
      const over = new Map<symbol, Error>()
      const decide = (): void => {
        for (const [asker, diffID] of this.#asked) if (!watched.has(asker)) watch(asker, diffID)
        const waiting = [...this.#asked.keys()].filter((asker) => !over.has(asker))
        const errors = [...this.#asked.keys()].map((asker) => over.get(asker))
        const first = errors.find((error) => error instanceof OtherAlgorithm) ?? errors[0]
        if (waiting.length === 0 && first) finish(() => reject(first))
      }
      const finish = (end: () => void): void => {
        this.#changed.delete(decide)
        end()
      }
      const watch = (asker: symbol, diffID: Promise<Digest | undefined>): void => {
        watched.add(asker)
        diffID.then(
          (expected) => {
            if (expected === undefined || expected === actual) finish(resolve)
            else if (algorithmOf(expected) === algorithmOf(actual))
              over.set(asker, diffIDMismatch(blob, expected, actual))
            else over.set(asker, new OtherAlgorithm(blob, expected, actual))
            decide()
          },
          (error: unknown) => {
            over.set(asker, error instanceof Error ? error : asWindlassError(error))
            decide()
          },
        )
      }
      this.#changed.add(decide)
      decide()
    })
  }

  #notifyChanged(): void {
    for (const changed of [...this.#changed]) changed()
  }
}

/** The diffID is expected by another algorithm than the one that it was computed by: that says nothing of the content. */
export class OtherAlgorithm extends WindlassError {
  readonly algorithm: DigestAlgorithm

  constructor(blob: Digest, expected: Digest, actual: Digest) {
    const { message, hint } = diffIDMismatch(blob, expected, actual)
    super('DIFF_ID_MISMATCH', message, { digest: blob, ...(hint !== undefined && { hint }) })
    this.algorithm = algorithmOf(expected)
  }
}

export const diffIDMismatch = (blob: Digest, expected: Digest, actual: Digest): WindlassError =>
  new WindlassError(
    'DIFF_ID_MISMATCH',
    `Unpacking layer ${blob}: its content is ${actual}, but the image's config says ${expected}`,
    { digest: blob, hint: 'The image is inconsistent: tell whoever publishes it' },
  )
