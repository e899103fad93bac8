import { describe, expect, it } from 'vitest'
import type { Comparison } from '../../benchmarks/compare.js'
import { mergeResults, type Results } from '../../benchmarks/results.js'
import { comparison, machine } from './comparison.js'

const results = (part: Partial<Results>): Results => ({
  ...{ machine, images: [], skipped: [], trees: [], comparisons: [] },
  ...part,
})
const keys = ({ comparisons }: Results): string[] =>
  comparisons.map(({ image, work, store, link }) => [image, work, store, link].join(' ').trim())
const times = (of: readonly Comparison[]): (number | undefined)[] =>
  of.map(({ contenders }) => contenders[0]?.wall.median)

describe('mergeResults', () => {
  it('replaces a comparison of the same image, work, store and link, and keeps the others', () => {
    const before = results({
      comparisons: [
        comparison({ windlass: 1, podman: 2 }),
        comparison({ windlass: 3 }, { store: 'disk' }),
        comparison({ windlass: 4 }, { link: '100/40' }),
      ],
    })
    const now = results({
      comparisons: [comparison({ windlass: 9 }), comparison({ windlass: 5 }, { work: 'again' })],
    })
    const merged = mergeResults(before, now)
    expect(keys(merged)).toEqual([
      'files unpack tmpfs',
      'files unpack disk',
      'files unpack tmpfs 100/40',
      'files again tmpfs',
    ])
    expect(times(merged.comparisons)).toEqual([9, 3, 4, 5])
    // Not of the earlier run: it was not by turns with this one.
    expect(merged.comparisons[0]!.contenders.map(({ name }) => name)).toEqual(['windlass'])
  })

  it('merges the check of trees by image and peer', () => {
    const check = (peer: string, differences: number): Results['trees'][number] => ({
      ...{ image: 'files', peer, entries: 10, open: 0, differences, shown: [] },
    })
    const merged = mergeResults(
      results({ trees: [check('podman', 1), check('docker', 0)] }),
      results({ trees: [check('podman', 0)] }),
    )
    expect(merged.trees).toEqual([check('podman', 0), check('docker', 0)])
  })

  it('names who was skipped until it has taken part', () => {
    const before = results({
      skipped: [
        { name: 'docker', reason: 'no overlay' },
        { name: 'oras', reason: 'not there' },
      ],
    })
    const now = results({ comparisons: [comparison({ windlass: 1, docker: 2 })] })
    expect(mergeResults(before, now).skipped).toEqual([{ name: 'oras', reason: 'not there' }])
  })

  it('refuses those of another machine', () => {
    const other = results({ machine: { ...machine, processors: '64 × other' } })
    expect(() => mergeResults(other, results({}))).toThrow('another machine')
  })
})
