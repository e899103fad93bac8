/** Joins the samples of a pull and of the server into the columns of the plot of rates. */
import type { LineSample, PullSample } from '../../lib/api/shapes.js'

/** Columns: seconds since the start; rates in MB/s of all pulls, of the network, of unpacking. */
export type PlotColumns = readonly [
  seconds: number[],
  all: (number | null)[],
  network: number[],
  unpacking: number[],
]

const mega = 1e6

/** Returns the columns. Samples of the server belong to those of the pull with the same time. */
export function plotColumns(
  samples: readonly PullSample[],
  line: readonly LineSample[],
  startedAt: number,
): PlotColumns {
  const all = new Map(line.map(({ at, network }) => [at, network / mega]))
  return [
    samples.map(({ at }) => (at - startedAt) / 1000),
    samples.map(({ at }) => all.get(at) ?? null),
    samples.map(({ network }) => network / mega),
    samples.map(({ disk }) => disk / mega),
  ]
}

/** The highest rate of the columns, in MB/s. */
export const highest = ([, all, network, unpacking]: PlotColumns): number =>
  [...all, ...network, ...unpacking].reduce<number>((most, rate) => Math.max(most, rate ?? 0), 0)

/** A name at the end of a curve. */
export interface CurveEnd {
  readonly name: string
  readonly text: string
  readonly y: number
}

/** Places the names of curves at their last values, at least `apart` pixels from each other and none below `lowest`. */
export function curveEnds(ends: readonly CurveEnd[], apart: number, lowest: number): readonly CurveEnd[] {
  const placed: CurveEnd[] = []
  for (const end of [...ends].sort((a, b) => a.y - b.y))
    placed.push({ ...end, y: Math.max(end.y, (placed.at(-1)?.y ?? -Infinity) + apart) })
  for (let index = placed.length - 1, most = lowest; index >= 0; index--, most -= apart)
    placed[index] = { ...placed[index]!, y: Math.min(placed[index]!.y, most) }
  return placed
}
