/**
 * Provides `PlaceList`, the places that may still provide a layer, grouped in ranks. Every attempt tries the places of
 * the current rank one after another. After the final failure of a rank, the next rank becomes the current one. The
 * attempts are counted separately for each rank.
 */
import type { WindlassError } from '../../errors.js'
import type { BlobPlace } from './blob-place.js'

/** Number of bytes, received by one or several attempts, that counts as progress. */
const progressBytes = 64 * 1024

/** A mirror that sent the first bytes of a layer and then failed. */
interface Contribution {
  readonly place: BlobPlace
  /** Generation of the file that has these bytes. */
  readonly generation: number
}

/** Returns the places of a rank. */
export type LoadPlaces = (signal: AbortSignal) => Promise<readonly BlobPlace[]>

/** The places of one layer that may still be tried. Also counts the attempts at the current rank. */
export class PlaceList {
  #ranks: readonly (readonly BlobPlace[])[]
  #load: LoadPlaces | undefined
  readonly #refusals: WindlassError[] = []
  #contributions: readonly Contribution[] = []
  #attemptsBefore = 0
  /** Length of the layer in bytes when the attempts were last reset; undefined before the first attempt. */
  #lengthAtReset: number | undefined

  /** @param ranks - places in the order in which to try them; empty ranks are left out */
  constructor(...ranks: readonly (readonly BlobPlace[])[]) {
    this.#ranks = ranks.filter(({ length }) => length > 0)
  }

  /**
   * Replaces the first rank by the places that `load` returns, which is called once, at the next `load`.
   * @returns this list
   */
  withFirstRank(load: LoadPlaces): this {
    this.#load = load
    return this
  }

  /** Loads the first rank, unless that has been done. @throws errors of the function given to `withFirstRank` */
  async load(signal: AbortSignal): Promise<void> {
    if (this.#load === undefined) return
    const places = await this.#load(signal)
    this.#load = undefined
    this.#ranks = [places, ...this.#ranks.slice(1)]
  }

  /** The places of the current rank that have not been dropped. */
  get places(): readonly BlobPlace[] {
    return this.#ranks[0] ?? []
  }

  /** The final failure of each earlier rank. */
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
   * Records that `length` bytes of the layer are present. After progress of 64 KiB, the count of attempts starts again
   * with `attempt` as the first. Progress is measured from the length at the last reset, so a place that always starts
   * over at the first byte makes no progress.
   */
  recordProgress(length: number, attempt: number): void {
    this.#lengthAtReset ??= length
    if (length - this.#lengthAtReset < progressBytes) return
    this.#lengthAtReset = length
    this.#attemptsBefore = attempt - 1
  }

  /** Records that a mirror sent bytes of the file and then failed, in this attempt or an earlier one. */
  recordContribution(place: BlobPlace, generation: number): void {
    this.#contributions = [...this.#contributions, { place, generation }]
  }

  /** Whether bytes of the file come from mirrors that have failed. */
  get hasContributions(): boolean {
    return this.#contributions.length > 0
  }

  /**
   * Returns the mirrors that sent bytes of the file, if these were not discarded, and forgets them: the file turned out to
   * be wrong and is empty now.
   * @param generation - that of the file before it was emptied
   */
  takeContributors(generation: number): readonly BlobPlace[] {
    const all = this.#contributions
    this.#contributions = []
    return all.filter((each) => each.generation === generation).map(({ place }) => place)
  }

  /** Removes a place of the current rank whose failure is final. The rank stays, also when it has no place left. */
  drop(place: BlobPlace): void {
    const [current = [], ...later] = this.#ranks
    this.#ranks = [current.filter((each) => each !== place), ...later]
  }
}
