/** Defines the report of a pull of several images, as plain data that can be stored and sent as JSON. */
import type { ErrorRecord } from '../../lib/errors.js'
import type { PulledImage } from '../../lib/stages/index.js'

/** Compressed bytes of the layers of an image, or of several. */
export interface PulledBytes {
  /** Size of the layers; 0 if it did not become known. */
  readonly total: number
  /** Number of bytes that the store did not have before. A layer that several pulls share counts for each of them. */
  readonly downloaded: number
}

/** Duration and bytes of a pull. */
export interface PullCost {
  /** Milliseconds of all attempts together. */
  readonly duration: number
  readonly bytes: PulledBytes
}

/** Outcome for one name. */
export type PullOutcome = PulledName | FailedName

interface Outcome extends PullCost {
  /** Name of the image as it was given. */
  readonly name: string
  /** Number of pulls: 1, and one more for each `retryFailed`. */
  readonly attempts: number
}

/** A name whose image was pulled. */
export interface PulledName extends Outcome {
  readonly image: Omit<PulledImage, 'config'>
}

/** A name whose pull failed. `error.retryable` states whether a retry may succeed. */
export interface FailedName extends Outcome {
  readonly error: ErrorRecord
}

/** Report of a pull of several images. */
export interface PullReport extends PullCost {
  /** One for each name, in the order of the names. */
  readonly outcomes: readonly PullOutcome[]
  readonly pulled: number
  readonly failed: number
  /** Number of failed names that a retry may pull. */
  readonly retryable: number
}

/** Reports whether the pull of the name failed. */
export const isFailedName = (outcome: PullOutcome): outcome is FailedName => 'error' in outcome

/** Returns the report of `outcomes`. @param duration elapsed milliseconds, less than the sum if pulls overlap */
export function reportOf(outcomes: readonly PullOutcome[], duration: number): PullReport {
  const failed = outcomes.filter(isFailedName)
  const sum = (count: (bytes: PulledBytes) => number): number =>
    outcomes.reduce((all, { bytes }) => all + count(bytes), 0)
  return {
    outcomes,
    pulled: outcomes.length - failed.length,
    failed: failed.length,
    retryable: failed.filter(({ error }) => error.retryable).length,
    duration,
    bytes: { total: sum(({ total }) => total), downloaded: sum(({ downloaded }) => downloaded) },
  }
}
