/** Computes the growth of a cost from the measured points. */
import type { Axis } from './axes.js'
import { fitLine, fitPowerLaw, largerHalf, type Line, type Point } from './fit.js'
import type { GrowthPoint } from './measure.js'

export type Measure = 'wall' | 'cpu' | 'memory'

export interface Growth {
  readonly measure: Measure
  /** Upper half of the points, of which `line`, `exponent` and `powerLaw` are. */
  readonly half: readonly Point[]
  /** Line through the upper half of the points, in seconds or bytes by n. */
  readonly line: Line
  /** Exponent of the growth: 1 is linear, 0 is constant. */
  readonly exponent: number
  /** Cost by n that the exponent stands for. */
  readonly powerLaw: (n: number) => number
  /** Slope of the line as text. */
  readonly said: string
}

const kilobytes = 1e-3

/** Returns the growth of a measure; undefined for fewer than two points. */
export function growthOf(axis: Axis, points: readonly GrowthPoint[], measure: Measure): Growth | undefined {
  if (points.length < 2) return undefined
  const half = largerHalf(points.map((point): Point => ({ n: point.n, cost: point[measure].median })))
  const line = fitLine(half)
  const { factor, unit } =
    measure === 'memory' ? { factor: kilobytes, unit: `KB a ${axis.unit}` } : axis.slope
  const { exponent, costOf } = fitPowerLaw(half)
  return { measure, half, line, exponent, powerLaw: costOf, said: `${digits(line.slope * factor)} ${unit}` }
}

/** Formats a number with three significant digits. */
export function digits(value: number): string {
  const magnitude = Math.floor(Math.log10(Math.abs(value) || 1))
  return value.toFixed(Math.min(Math.max(2 - magnitude, 0), 4))
}
