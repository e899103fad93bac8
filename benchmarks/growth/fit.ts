/** How a cost grows: a line through it, and the power of n that it goes with. */

export interface Point {
  readonly n: number
  readonly cost: number
}

export interface Line {
  /** Cost where n is 0. */
  readonly base: number
  /** Cost of one more. */
  readonly slope: number
}

/** The points from the middle one on, by n, and two at least: what is fixed weighs least there. */
export function largerHalf(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.n - b.n)
  return sorted.slice(Math.max(0, Math.min(sorted.length >> 1, sorted.length - 2)))
}

/** Least squares; a flat line through a single point. NaN of none. */
export function fitLine(points: readonly Point[]): Line {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [n, cost] = [mean((point) => point.n), mean((point) => point.cost)]
  const spread = mean((point) => (point.n - n) ** 2)
  const slope = spread === 0 ? 0 : mean((point) => (point.n - n) * (point.cost - cost)) / spread
  return { base: cost - slope * n, slope }
}

/** The slope on two scales of logarithms: 1 is linear, 0 is flat. */
export const exponent = (points: readonly Point[]): number =>
  fitLine(points.map(({ n, cost }) => ({ n: Math.log(n), cost: Math.log(cost) }))).slope
