/** What held a pull, in periods. */
import { expect, it } from 'vitest'
import type { PullSample } from '../../../lib/api/shapes.js'
import { heldRuns, isNetwork } from '../../../ui/facts/ribbon.js'

const sample = (at: number, holder: PullSample['holder']): PullSample => ({ at, holder, network: 1, disk: 1 })

it('joins samples with the same holder and leaves gaps where nothing held', () => {
  const runs = heldRuns([
    sample(1_000, 'network'),
    sample(2_000, 'network'),
    sample(3_000, 'unpacking'),
    sample(4_000, null),
    sample(5_000, 'unpacking'),
  ])
  expect(runs).toEqual([
    { holder: 'network', from: 0, to: 2_000 },
    { holder: 'unpacking', from: 2_000, to: 3_000 },
    { holder: 'unpacking', from: 4_000, to: 5_000 },
  ])
})

it('takes the limit of the user and the registry for the network', () => {
  expect((['network', 'limit', 'registry', 'unpacking'] as const).map(isNetwork)).toEqual([
    true,
    true,
    true,
    false,
  ])
})
