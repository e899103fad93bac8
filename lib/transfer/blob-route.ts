/**
 * Where one layer's bytes come from: the registry, tried again as its policy says, and when that has had its last word,
 * the foreign URLs of the descriptor, which have attempts of their own.
 */
import type { WindlassError } from '../errors.js'
import type { Descriptor } from '../image/index.js'

/** In which order a layer's foreign `urls` are tried, after the registry; or that they are not. */
export type ForeignUrlOrder = 'last-first' | 'first-last' | 'only-registry'

/** A manifest could name more than anybody would wait for. */
const maxUrls = 32

/** Bytes that count as progress, in one attempt or in several together. */
const progress = 64 * 1024

export class BlobRoute {
  #urls: readonly string[]
  #refusal: WindlassError | undefined
  #attemptsBefore = 0
  /** How far the layer had come when attempts were last counted anew; undefined before the first. */
  #mark: number | undefined

  constructor({ urls = [] }: Descriptor, order: ForeignUrlOrder) {
    const tried = order === 'only-registry' ? [] : order === 'last-first' ? [...urls].reverse() : urls
    this.#urls = tried.slice(0, maxUrls)
  }

  /** The URLs that may still help, in the order in which they are to be tried. */
  get urls(): readonly string[] {
    return this.#urls
  }

  /** What the registry ended with; undefined as long as it is asked. */
  get refusal(): WindlassError | undefined {
    return this.#refusal
  }

  /** Which attempt this is at the present source, where `attempt` counts those at the layer. */
  attemptHere(attempt: number): number {
    return attempt - this.#attemptsBefore
  }

  /** The registry has had its last word. `attempt` becomes the first at the URLs. */
  leaveRegistry(refusal: WindlassError, attempt: number): void {
    this.#refusal = refusal
    this.#attemptsBefore = attempt - 1
  }

  /**
   * The layer has come as far as `length` bytes. What brought it on counts as the first attempt again: where it comes in
   * pieces, their number is no reason to give up. What came before and was thrown away is no progress, so that a source
   * which begins anew each time comes to an end.
   */
  progressed(length: number, attempt: number): void {
    this.#mark ??= length
    if (length - this.#mark < progress) return
    this.#mark = length
    this.#attemptsBefore = attempt - 1
  }

  /** `url` is not asked again. */
  drop(url: string): void {
    this.#urls = this.#urls.filter((each) => each !== url)
  }
}
