/**
 * Provides `Expectations`, the diffIDs that the pulls waiting for a shared layer expect. Each pull has its own config:
 * a wrong config must not fail the other pulls, and a pull that is cancelled must not block them.
 */
import { WindlassError, asWindlassError } from '../../errors.js'
import { type Digest, type DigestAlgorithm, algorithmOf } from '../../image/index.js'

/** The expected diffIDs of all pulls that wait for one layer. */
export class Expectations {
  readonly #expected = new Map<symbol, Promise<Digest | undefined>>()
  readonly #changed = new Set<() => void>()
  readonly #known = new Map<symbol, Digest>()

  /** Number of waiting pulls. */
  get size(): number {
    return this.#expected.size
  }

  /** Digest algorithm of the first expected diffID that is known; undefined while no diffID is known. */
  get algorithm(): DigestAlgorithm | undefined {
    const [first] = this.#known.values()
    return first && algorithmOf(first)
  }

  /**
   * Registers a waiter. Without a `diffID`, any content satisfies it. Returns a function that unregisters the waiter.
   */
  add(diffID: Promise<Digest> | undefined): () => void {
    const waiter = Symbol('waiter')
    this.#expected.set(waiter, diffID ?? Promise.resolve(undefined))
    diffID?.then(
      (known) => this.#expected.has(waiter) && this.#known.set(waiter, known),
      () => undefined, // reported by `confirm`
    )
    this.#notifyChanged()
    return () => {
      this.#expected.delete(waiter)
      this.#known.delete(waiter)
      this.#notifyChanged()
    }
  }

  /**
   * Resolves as soon as a waiter accepts the diffID `actual`: a waiter that expects it, or one without a diffID.
   * Waiters that are added later count too. Stays pending while there are no waiters.
   *
   * @param blob digest of the layer, for errors
   * @throws when all waiters have rejected `actual`: `OtherAlgorithm` if a waiter expects a digest of another
   * algorithm, so that the content may still be right; otherwise the error of the first waiter, such as
   * DIFF_ID_MISMATCH
   */
  confirm(actual: Digest, blob: Digest): Promise<void> {
    return new Promise((resolve, reject) => {
      const watched = new Set<symbol>()
      const failures = new Map<symbol, Error>()
      const update = (): void => {
        for (const [waiter, diffID] of this.#expected) if (!watched.has(waiter)) watch(waiter, diffID)
        const undecided = [...this.#expected.keys()].filter((waiter) => !failures.has(waiter))
        const errors = [...this.#expected.keys()].map((waiter) => failures.get(waiter))
        const first = errors.find((error) => error instanceof OtherAlgorithm) ?? errors[0]
        if (undecided.length === 0 && first) finish(() => reject(first))
      }
      const finish = (end: () => void): void => {
        this.#changed.delete(update)
        end()
      }
      const watch = (waiter: symbol, diffID: Promise<Digest | undefined>): void => {
        watched.add(waiter)
        diffID.then(
          (expected) => {
            if (expected === undefined || expected === actual) finish(resolve)
            else if (algorithmOf(expected) === algorithmOf(actual))
              failures.set(waiter, diffIDMismatch(blob, expected, actual))
            else failures.set(waiter, new OtherAlgorithm(blob, expected, actual))
            update()
          },
          (error: unknown) => {
            failures.set(waiter, error instanceof Error ? error : asWindlassError(error))
            update()
          },
        )
      }
      this.#changed.add(update)
      update()
    })
  }

  #notifyChanged(): void {
    for (const changed of [...this.#changed]) changed()
  }
}

/** The expected diffID has another digest algorithm than the computed one. The content may still be right. */
export class OtherAlgorithm extends WindlassError {
  readonly algorithm: DigestAlgorithm

  constructor(blob: Digest, expected: Digest, actual: Digest) {
    const { message, hint } = diffIDMismatch(blob, expected, actual)
    super('DIFF_ID_MISMATCH', message, { digest: blob, ...(hint !== undefined && { hint }) })
    this.algorithm = algorithmOf(expected)
  }
}

/**
 * Returns the DIFF_ID_MISMATCH error for a layer whose unpacked content has another digest than the config states.
 */
export const diffIDMismatch = (blob: Digest, expected: Digest, actual: Digest): WindlassError =>
  new WindlassError(
    'DIFF_ID_MISMATCH',
    `Layer ${blob} does not match the config of the image: its content has the diffID ${actual}, but the config states ${expected}`,
    { digest: blob, hint: 'The image is inconsistent. Tell whoever publishes it.' },
  )
