/** Finds the periods in which one thing held a pull: what the ribbon between plot and lanes shows. */
import type { Holder, PullSample } from '../../lib/api/shapes.js'

/** A period, in milliseconds since 1970. */
export interface HeldRun {
  readonly holder: Exclude<Holder, null>
  readonly from: number
  readonly to: number
}

/** Milliseconds between samples above which nothing is known of the time between. Old samples are thinned out. */
const maxGap = 30_000

/** Returns the periods, in order. A sample is about the second before it. */
export function heldRuns(samples: readonly PullSample[]): readonly HeldRun[] {
  const runs: HeldRun[] = []
  samples.forEach(({ at, holder }, index) => {
    if (!holder) return
    const before = samples[index - 1]
    const from = before && at - before.at < maxGap ? before.at : at - 1000
    const last = runs.at(-1)
    if (last?.holder === holder && from <= last.to) runs[runs.length - 1] = { ...last, to: at }
    else runs.push({ holder, from, to: at })
  })
  return runs
}

/** Name of a period. */
export const holderName: Readonly<Record<Exclude<Holder, null>, string>> = {
  network: 'network holds',
  limit: 'your limit holds',
  registry: 'registry asks to wait',
  unpacking: 'unpacking holds',
}

/** Reports whether the period belongs to the upper track, the network. */
export const isNetwork = (holder: Exclude<Holder, null>): boolean => holder !== 'unpacking'
