/**
 * Provides `PlaceList`, the places that may still provide a layer, in ranks. The places of one rank are tried in turn in
 * every attempt; the next rank is used after the final failure of the one before. The attempts at each rank are counted
 * separately.
 */
import type { WindlassError } from '../../errors.js'
import type { BlobPlace } from './blob-place.js'

/** Bytes that count as progress, whether one attempt or several received them. */
const progressBytes = 64 * 1024

/** The places of one layer that may still be tried, and the number of attempts at the current rank. */
export class PlaceList {
  #ranks: readonly (readonly BlobPlace[])[]
  readonly #refusals: WindlassError[] = []
  #attemptsBefore = 0
  /** Length of the layer in bytes when the attempts were last reset; undefined before the first attempt. */
  #mark: number | undefined

  /** @param ranks - places in the order in which to try them; empty ranks are left out */
  constructor(...ranks: readonly (readonly BlobPlace[])[]) {
    this.#ranks = ranks.filter(({ length }) => length > 0)
  }

  /** The places of the current rank that have not been dropped. */
  get places(): readonly BlobPlace[] {
    return this.#ranks[0] ?? []
  }

  /** Final failures of the earlier ranks. */
  get refusals(): readonly WindlassError[] {
    return this.#refusals
  }

  /** Whether there is another rank after the current one. */
  get hasNextRank(): boolean {
    return this.#ranks.length > 1
  }

  /** Switches to the next rank after the final failure of the current one. `attempt` becomes its first attempt. */
  nextRank(refusal: WindlassError, attempt: number): void {
    this.#refusals.push(refusal)
    this.#ranks = this.#ranks.slice(1)
    this.#attemptsBefore = attempt - 1
  }

  /** Converts `attempt`, which counts all attempts at the layer, to the number of the attempt at the current rank. */
  attemptHere(attempt: number): number {
    return attempt - this.#attemptsBefore
  }

  /**
   * Records that `length` bytes of the layer are present. Progress of 64 KiB resets the count, so that `attempt` is
   * the first again: a layer that arrives in many pieces does not exhaust its attempts. The length must exceed the
   * length at the last reset: a place that starts over each time makes no progress and fails in the end.
   */
  progressed(length: number, attempt: number): void {
    this.#mark ??= length
    if (length - this.#mark < progressBytes) return
    this.#mark = length
    this.#attemptsBefore = attempt - 1
  }

  /** Removes a place of the current rank whose failure is final. The rank stays, also when it has no place left. */
  drop(place: BlobPlace): void {
    const [current = [], ...later] = this.#ranks
    this.#ranks = [current.filter((each) => each !== place), ...later]
  }
}
