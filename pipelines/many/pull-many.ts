/**
 * Pulls a list of images, several at a time, and reports the outcome of each. An image that fails does not stop the
 * others.
 *
 *     names ═╦═► pull ═╦═► outcome of each ─► report
 *            ╚═► pull ═╝
 */
import { map } from 'rxjs'
import { asWindlassError } from '../../lib/errors.js'
import { type Stage, compose, lift, toArray } from '../../lib/flow/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { type RunningPull, eachPull } from '../each-pull.js'
import { type PullCost, type PulledName, type PullOutcome, type PullReport, reportOf } from './pull-report.js'

/** A name to pull. */
export interface NameToPull {
  readonly name: string
  /** For a retry, the outcome so far. */
  readonly previous?: PullOutcome
}

/** A pull that measures its duration and counts its bytes. */
export interface CountedPull extends RunningPull {
  /** Duration and bytes so far. */
  cost(): PullCost
}

/** Options of `pullMany`. */
export interface PullManySettings {
  /** Maximum number of concurrent pulls. */
  readonly concurrency: number
  /** Cancel all pulls when one fails, and fail with its error. */
  readonly failFast: boolean
  /** Starts the pull of a name. */
  readonly start: (name: string) => CountedPull
}

/** Returns the stage that pulls each name it receives and emits one report for all of them. */
export function pullMany({ concurrency, failFast, start }: PullManySettings): Stage<NameToPull, PullReport> {
  const began = performance.now()
  const pulls = new WeakMap<NameToPull, CountedPull>()
  const commonFields = (input: NameToPull): Omit<PullOutcome, 'image' | 'error'> => {
    const { name, previous } = input
    const cost = pulls.get(input)?.cost() ?? { duration: 0, bytes: { total: 0, downloaded: 0 } }
    if (!previous) return { name, attempts: 1, ...cost }
    return {
      ...{ name, attempts: previous.attempts + 1, duration: previous.duration + cost.duration },
      bytes: {
        total: Math.max(previous.bytes.total, cost.bytes.total),
        downloaded: previous.bytes.downloaded + cost.bytes.downloaded,
      },
    }
  }
  return compose(
    eachPull<NameToPull, PullOutcome>({
      slots: concurrency,
      start: (input) => {
        const pull = start(input.name)
        pulls.set(input, pull)
        return pull
      },
      mapImage: (image, input) => ({ ...commonFields(input), image: withoutConfig(image) }),
      mapError: (error, input) => {
        if (failFast) throw error
        return { ...commonFields(input), error: asWindlassError(error).toJSON() }
      },
    }),
    toArray(),
    lift(map((outcomes) => reportOf(outcomes, Math.round(performance.now() - began)))),
  )
}

function withoutConfig(image: PulledImage): PulledName['image'] {
  const { name, digest, mediaType, platform, imageId, manifestDigest, signatures, size, status, layers } =
    image
  const known = { name, digest, mediaType, platform, imageId, manifestDigest, size, status, layers }
  return signatures === undefined ? known : { ...known, signatures }
}
