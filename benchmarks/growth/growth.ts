/** What the measured points say together: what one more costs, and whether that stays so. */
import type { Axis } from './axes.js'
import { exponent, fitLine, largerHalf, type Line, type Point } from './fit.js'
import type { GrowthPoint } from './measure.js'

export type Measure = 'wall' | 'cpu' | 'memory'

export interface Growth {
  readonly measure: Measure
  /** Seconds or bytes by n, of the larger half of the points. */
  readonly line: Line
  /** 1: linear; 0: flat. */
  readonly exponent: number
  /** Slope of the line in words. */
  readonly said: string
}

const kilobytes = 1e-3

/** undefined of fewer than two points. */
export function growthOf(axis: Axis, points: readonly GrowthPoint[], measure: Measure): Growth | undefined {
  if (points.length < 2) return undefined
  const half = largerHalf(points.map((point): Point => ({ n: point.n, cost: point[measure].median })))
  const line = fitLine(half)
  const { factor, unit } =
    measure === 'memory' ? { factor: kilobytes, unit: `KB a ${axis.unit}` } : axis.slope
  return { measure, line, exponent: exponent(half), said: `${digits(line.slope * factor)} ${unit}` }
}

/** Three that count. */
export function digits(value: number): string {
  const magnitude = Math.floor(Math.log10(Math.abs(value) || 1))
  return value.toFixed(Math.min(Math.max(2 - magnitude, 0), 4))
}
