import { expect, it } from 'vitest'
import { atOnceTable } from '../../../benchmarks/report/at-once-table.js'
import { comparison, machine } from '../comparison.js'

it('gives the ratio of each contender to containerd and its clients', () => {
  const seconds = { 'windlass, one process': 1.2, 'containerd, 16 of ctr': 0.8 }
  const page = atOnceTable(comparison(seconds, { image: '16 at once' }), machine)
  expect(page).toContain('16 at once, images of two layers')
  expect(page).toContain('| windlass, one process | 1.0 | 1.20 (1.20–1.20) | 1.50 | 2.40 | 120 | 1 |')
  expect(page).toContain('| containerd, 16 of ctr | 1.0 | 0.80 (0.80–0.80) |  | 1.60 | 80 | 1 |')
  expect(page).toContain('2 × any; kernel 6.1.')
})

it('has no ratio where containerd failed, and says why it did', () => {
  const failed = [{ name: 'containerd, 16 of ctr', reason: 'no space' }]
  const page = atOnceTable(comparison({ 'windlass, one process': 1.2 }, { failed }), machine)
  expect(page).toContain('| windlass, one process | 1.0 | 1.20 (1.20–1.20) |  | 2.40 | 120 | 1 |')
  expect(page).toContain('- containerd, 16 of ctr: no space')
})
