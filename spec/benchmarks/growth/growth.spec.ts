import { expect, it } from 'vitest'
import { axes } from '../../../benchmarks/growth/axes.js'
import { digits, growthOf } from '../../../benchmarks/growth/growth.js'
import type { GrowthPoint } from '../../../benchmarks/growth/measure.js'
import { growthTable } from '../../../benchmarks/growth/table.js'
import { spreadOf } from '../../../puller/bench/statistics.js'

const machine = {
  ...{ processors: '2 × any', memory: 1, kernel: '6', node: '20', version: '0', isal: false, disk: 'ext4' },
}
const layers = axes.find(({ name }) => name === 'layers')!
const points = [1, 2, 4, 8, 16, 32, 64].map((n): GrowthPoint => ({
  ...{ axis: 'layers', n, memory: spreadOf([150e6]) },
  ...{ wall: spreadOf([0.2 + 0.012 * n]), cpu: spreadOf([0.4 + 0.025 * n]) },
}))

it('says what one more layer costs, and that memory stays as it is', () => {
  expect(growthOf(layers, points, 'wall')).toMatchObject({ said: '12.0 ms a layer' })
  expect(growthOf(layers, points, 'cpu')).toMatchObject({ said: '25.0 ms a layer' })
  const memory = growthOf(layers, points, 'memory')!
  expect(memory.said).toBe('0.00 KB a layer')
  expect(memory.exponent).toBeCloseTo(0)
  expect(growthOf(layers, points.slice(0, 1), 'wall')).toBeUndefined()
})

it('says in the table each axis that was measured, and its slopes', () => {
  const text = growthTable(points, machine)
  expect(text).toContain('| layers of 2 MB | 12.0 ms a layer |')
  expect(text).toContain('| 64 | 0.968 (0.968–0.968) | 2.000 (2.000–2.000) | 150 (150–150) | 1 |')
  expect(text).not.toContain('## Files')
})

it.each([
  [1234.5, '1235'],
  [12.345, '12.3'],
  [0.012345, '0.0123'],
  [-108.2, '-108'],
  [0, '0.00'],
])('shows the three digits that count: %d as %s', (value, text) => {
  expect(digits(value)).toBe(text)
})
