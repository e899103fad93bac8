import { expect, it } from 'vitest'
import { drawGrowth } from '../../../benchmarks/report/draw-growth.js'
import type { GrowthPoint } from '../../../benchmarks/growth/measure.js'
import { spreadOf } from '../../../puller/bench/statistics.js'

const points = [1, 2, 4, 8, 16, 32, 64].map((n): GrowthPoint => ({
  ...{ axis: 'layers', n, memory: spreadOf([150e6 + 1e6 * n]) },
  ...{ wall: spreadOf([0.2 + 0.012 * n]), cpu: spreadOf([0.4 + 0.025 * n]) },
}))
const picture = drawGrowth(points)
const count = (what: RegExp): number => [...picture.matchAll(what)].length

it('has panels of their own for seconds and for memory, with the names of their logarithmic axes', () => {
  expect(picture).toContain('>layers of 2 MB: time<')
  expect(picture).toContain('>layers of 2 MB: memory<')
  expect(count(/↑ seconds, logarithmic/g)).toBe(1)
  expect(count(/↑ MB, logarithmic/g)).toBe(1)
  expect(count(/layers, logarithmic →/g)).toBe(2)
  expect(picture).not.toContain('GB')
})

it('labels every measured size', () => {
  for (const { n } of points) expect(count(new RegExp(`>${n}</text>`, 'g'))).toBeGreaterThanOrEqual(2)
})

it('shows which points the figures are of, and draws a line through no others', () => {
  expect(picture).toContain('The figures are those of the larger sizes (filled dots)')
  // Three of seven points of each of three measures are not among the larger half.
  expect(count(/<circle[^>]*fill="white"/g)).toBe(9)
  expect(count(/<circle[^>]*fill="#/g)).toBe(12)
  const lines = [...picture.matchAll(/stroke-dasharray="5,4"[^>]*><path d="([^"]+)"/g)]
  expect(lines).toHaveLength(3)
  for (const [, path] of lines) expect(path!.match(/[ML]/g)).toHaveLength(4)
})

it('has its legend above the plots', () => {
  const [, offset] = /exponent [\d.]+<\/text><\/g><\/g>\s*<g transform="translate\(0,(\d+)\)">/.exec(picture)!
  const [, lastLine] = /y="(\d+)"[^>]*>CPU time: /.exec(picture)!
  expect(Number(lastLine)).toBeLessThan(Number(offset))
})
