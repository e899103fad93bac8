/**
 * What everybody who waits for a shared layer expects of its unpacked bytes. Each pull has a config of its own,
 * so one with a wrong config must not fail the others, and one that leaves must not leave them waiting.
 */
import { WindlassError, asWindlassError } from '../errors.js'
import type { Digest } from '../image/index.js'

export class Expectations {
  readonly #asked = new Map<symbol, Promise<Digest | undefined>>()
  readonly #changed = new Set<() => void>()

  get size(): number {
    return this.#asked.size
  }

  /** Counts one more who waits, without a `diffID` for whatever comes; gives what takes it back. */
  add(diffID: Promise<Digest> | undefined): () => void {
    const asker = Symbol('asker')
    this.#asked.set(asker, diffID ?? Promise.resolve(undefined))
    this.#tellChanged()
    return () => {
      this.#asked.delete(asker)
      this.#tellChanged()
    }
  }

  /**
   * Settles when somebody expects `actual`.
   *
   * @throws what the expectations failed with, if all did; DIFF_ID_MISMATCH if they are known and none is `actual`.
   */
  confirm(actual: Digest, blob: Digest): Promise<void> {
    return new Promise((resolve, reject) => {
      const watched = new Set<symbol>()
      const over = new Map<symbol, Error>()
      const judge = (): void => {
        for (const [asker, diffID] of this.#asked) if (!watched.has(asker)) watch(asker, diffID)
        const waiting = [...this.#asked.keys()].filter((asker) => !over.has(asker))
        const [first] = [...this.#asked.keys()].map((asker) => over.get(asker))
        if (waiting.length === 0 && first) finish(() => reject(first))
      }
      const finish = (end: () => void): void => {
        this.#changed.delete(judge)
        end()
      }
      const watch = (asker: symbol, diffID: Promise<Digest | undefined>): void => {
        watched.add(asker)
        diffID.then(
          (expected) => {
            if (expected === undefined || expected === actual) finish(resolve)
            else over.set(asker, diffIDMismatch(blob, expected, actual))
            judge()
          },
          (error: unknown) => {
            over.set(asker, error instanceof Error ? error : asWindlassError(error))
            judge()
          },
        )
      }
      this.#changed.add(judge)
      judge()
    })
  }

  #tellChanged(): void {
    for (const changed of [...this.#changed]) changed()
  }
}

export const diffIDMismatch = (blob: Digest, expected: Digest, actual: Digest): WindlassError =>
  new WindlassError(
    'DIFF_ID_MISMATCH',
    `Unpacking layer ${blob}: its content is ${actual}, but the image's config says ${expected}`,
    { digest: blob, hint: 'The image is damaged or was tampered with: tell whoever publishes it' },
  )
