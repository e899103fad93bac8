/** Fits a line to costs, and computes the exponent of their growth. */

export interface Point {
  readonly n: number
  readonly cost: number
}

export interface Line {
  /** Cost for n = 0. */
  readonly base: number
  /** Cost per unit. */
  readonly slope: number
}

/** Returns the upper half of the points by n, at least two. Fixed costs have the least weight there. */
export function largerHalf(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.n - b.n)
  return sorted.slice(Math.max(0, Math.min(sorted.length >> 1, sorted.length - 2)))
}

/** Fits a line by least squares. A single point gives a constant line; no points give NaN. */
export function fitLine(points: readonly Point[]): Line {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [n, cost] = [mean((point) => point.n), mean((point) => point.cost)]
  const spread = mean((point) => (point.n - n) ** 2)
  const slope = spread === 0 ? 0 : mean((point) => (point.n - n) * (point.cost - cost)) / spread
  return { base: cost - slope * n, slope }
}

/** Fits a power law, which is a line on a log-log scale. The exponent is 1 for linear growth, 0 for none. */
export function fitPowerLaw(points: readonly Point[]): {
  readonly exponent: number
  readonly costOf: (n: number) => number
} {
  const { base, slope } = fitLine(points.map(({ n, cost }) => ({ n: Math.log(n), cost: Math.log(cost) })))
  return { exponent: slope, costOf: (n) => Math.exp(base + slope * Math.log(n)) }
}
