/** Results as a run would give them, of times in seconds. */
import { type Comparison, resultOf } from '../../benchmarks/compare.js'
import type { Machine } from '../../benchmarks/shared/machine.js'

export const machine: Machine = {
  processors: '2 × any',
  memory: 24e9,
  kernel: '6.1',
  node: '20.20.2',
  version: '0.1.0',
  isal: true,
  disk: 'ext4',
}

/** @param seconds by contender: of each the CPU took twice as much, and memory 100 MB a second */
export const comparison = (
  seconds: Readonly<Record<string, number>>,
  about: Partial<Comparison> = {},
): Comparison => ({
  ...{ image: 'files', work: 'unpack', store: 'tmpfs', link: '', bytes: 25e6, failed: [] },
  date: '2025-01-02T03:04:05.000Z',
  contenders: Object.entries(seconds).map(([name, wall]) =>
    resultOf(name, '1.0', [{ wall, cpu: 2 * wall, memory: wall * 100e6 }]),
  ),
  ...about,
})
