/**
 * Selects the source of a layer's bytes: first the registry, then, after its final failure, the foreign URLs of the
 * descriptor. The attempts at each are counted separately.
 */
import type { WindlassError } from '../errors.js'
import type { Descriptor } from '../image/index.js'

/** Order in which the foreign `urls` of a layer are tried after the registry; `only-registry` never tries them. */
export type ForeignUrlOrder = 'last-first' | 'first-last' | 'only-registry'

/** Maximum number of foreign URLs tried for a layer. A manifest may list any number. */
const maxUrls = 32

/** Bytes that count as progress, whether one attempt or several received them. */
const progressBytes = 64 * 1024

/** The sources of one layer that may still be tried, and the number of attempts at the current one. */
export class BlobRoute {
  #urls: readonly string[]
  #refusal: WindlassError | undefined
  #attemptsBefore = 0
  /** Length of the layer in bytes when the attempts were last reset; undefined before the first attempt. */
  #mark: number | undefined

  /** @param order - order of the foreign URLs; at most 32 of them are used */
  constructor({ urls = [] }: Descriptor, order: ForeignUrlOrder) {
    const ordered = order === 'only-registry' ? [] : order === 'last-first' ? [...urls].reverse() : urls
    this.#urls = ordered.slice(0, maxUrls)
  }

  /** The foreign URLs that have not been dropped, in the order in which to try them. */
  get urls(): readonly string[] {
    return this.#urls
  }

  /** Final failure of the registry; undefined while the registry is still in use. */
  get refusal(): WindlassError | undefined {
    return this.#refusal
  }

  /**
   * Converts `attempt`, which counts all attempts at the layer, to the number of the attempt at the current source.
   */
  attemptHere(attempt: number): number {
    return attempt - this.#attemptsBefore
  }

  /** Switches to the foreign URLs after the final failure of the registry. `attempt` becomes their first attempt. */
  leaveRegistry(refusal: WindlassError, attempt: number): void {
    this.#refusal = refusal
    this.#attemptsBefore = attempt - 1
  }

  /**
   * Records that `length` bytes of the layer are present. Progress of 64 KiB resets the count, so that `attempt` is
   * the first again: a layer that arrives in many pieces does not exhaust its attempts. The length must exceed the
   * length at the last reset: a source that starts over each time makes no progress and fails in the end.
   */
  progressed(length: number, attempt: number): void {
    this.#mark ??= length
    if (length - this.#mark < progressBytes) return
    this.#mark = length
    this.#attemptsBefore = attempt - 1
  }

  /** Removes `url` from the URLs to try. */
  drop(url: string): void {
    this.#urls = this.#urls.filter((each) => each !== url)
  }
}
