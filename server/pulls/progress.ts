/** Computes how far a pull is from its snapshot. */
import { type PullSnapshot, secondsLeft } from '../../lib/events/index.js'
import type { PullProgress } from '../../lib/api/shapes.js'

/** The progress of a pull without a plan. */
export const noProgress: PullProgress = {
  fraction: 0,
  secondsLeft: null,
  fetched: null,
  total: null,
  unpacked: null,
}

/** Returns the progress of a pull at the time `now`, in milliseconds since 1970. */
export function progressOf(snapshot: PullSnapshot, now: number): PullProgress {
  const { totals, paused } = snapshot
  if (!totals) return { ...noProgress, fraction: fractionOf(snapshot) }
  const left = paused ? undefined : secondsLeft(snapshot, now)
  const { fraction, fetched, total, unpacked } = totals
  return { fraction, secondsLeft: left ?? null, fetched, total, unpacked }
}

/** Returns the part of the work that is done, from 0 to 1. */
const fractionOf = ({ totals, phase }: PullSnapshot): number =>
  totals ? totals.fraction : phase === 'done' ? 1 : 0
