import { describe, expect, it } from 'vitest'
import type { PullEvent } from '../../../lib/events/index.js'
import { type BenchSetting, errorOfMedian, measureGrid } from '../../../puller/bench/grid.js'

/** Returns a pseudo-random number from 0 to 1 that depends only on `seed`. */
const noise = (seed: number): number => {
  const value = Math.sin(seed * 12.9898) * 43_758.5453
  return value - Math.floor(value)
}

const events: readonly PullEvent[] = [
  { type: 'start', reference: 'a', platform: 'linux/amd64' },
  {
    type: 'plan',
    layers: [{ digest: 'sha256:a', size: 10, action: 'download', offset: 0 }],
    bytes: { total: 10, toDownload: 10 },
  },
  { type: 'layer', digest: 'sha256:a', status: 'downloading', current: 0, total: 10 },
  { type: 'layer', digest: 'sha256:a', status: 'retrying', current: 0, total: 10 },
  { type: 'layer', digest: 'sha256:a', status: 'complete', current: 10, total: 10 },
].map((event, seq) => ({
  ...event,
  seq,
  pull: 'x',
  version: 1,
  time: new Date(seq * 100).toISOString(),
})) as never

interface Simulation {
  readonly downloads?: readonly number[]
  readonly unpacks?: readonly number[]
  readonly runs?: number
  /** Returns the seconds of a run without noise. */
  readonly takes: (setting: BenchSetting) => number
  /** Largest relative deviation of a run. */
  readonly spread?: number
  readonly fails?: (setting: BenchSetting, run: number) => boolean
}

async function simulated({
  downloads = [1, 3, 6, 10],
  unpacks = [1, 2],
  runs = 5,
  takes,
  spread = 0,
  fails,
}: Simulation) {
  const order: string[] = []
  const result = await measureGrid({
    ...{ downloads, unpacks, runs, budget: 60_000 },
    measure: async (setting) => {
      const run = order.push(`${setting.downloads}x${setting.unpacks}`)
      if (fails?.(setting, run)) throw new Error('HTTP 429')
      const wall = takes(setting) * (1 + spread * (noise(run) - 0.5) * 2)
      return Promise.resolve({ wall, cpu: 1, events })
    },
  })
  return { result, order }
}

describe('the grid of settings', () => {
  it('runs every setting the requested number of times, in another order each round, after one warm-up run', async () => {
    const { result, order } = await simulated({ takes: ({ downloads }) => 10 / downloads })
    expect(order).toHaveLength(1 + 8 * 5)
    const rounds = Array.from({ length: 5 }, (_, at) => order.slice(1 + 8 * at, 9 + 8 * at))
    for (const round of rounds) expect(new Set(round).size).toBe(8)
    expect(new Set(rounds.map((round) => round.join())).size).toBeGreaterThan(1)
    expect(result.settings.map(({ wall }) => wall.runs)).toEqual(Array.from({ length: 8 }, () => 5))
    expect(result).toMatchObject({
      bytes: 10,
      layers: 1,
      fastest: { downloads: 10 },
      slowest: { downloads: 1 },
    })
    expect(result.settings[0]).toMatchObject({ retries: 5, waited: { slot: 0.1, download: 0.1, retry: 0.1 } })
  })

  it('recommends the lowest concurrency among the settings that are at most 5 % slower than the fastest', async () => {
    const takes = ({ downloads }: BenchSetting): number => (downloads === 1 ? 10 : downloads === 3 ? 5.1 : 5)
    const { result } = await simulated({ takes })
    expect(result.recommended).toEqual({
      setting: { downloads: 3, unpacks: 1 },
      why: 'It took 2 % longer than the fastest (6 × 1) with less concurrency.',
      noisy: false,
    })
  })

  it('gives more runs only to settings whose times overlap', async () => {
    const takes = ({ downloads }: BenchSetting): number => (downloads === 1 ? 50 : 5)
    const { result } = await simulated({ takes, spread: 0.3, unpacks: [1] })
    const [slow, ...others] = result.settings
    expect(slow!.wall.runs).toBe(5)
    expect(Math.max(...others.map(({ wall }) => wall.runs))).toBeGreaterThan(5)
  })

  it('reports whether noise makes the recommendation uncertain', async () => {
    const even = { takes: () => 5, unpacks: [1] }
    expect((await simulated({ ...even, spread: 0.5 })).result.recommended).toMatchObject({
      noisy: true,
      why: expect.stringContaining('this is not certain') as string,
    })
    expect((await simulated({ ...even, spread: 0.001 })).result.recommended.noisy).toBe(false)
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'is within 5 %% of the best setting, or says that it cannot tell (curve %d)',
    async (seed) => {
      const best = 1 + Math.floor(noise(seed + 1) * 10)
      const takes = ({ downloads, unpacks }: BenchSetting): number =>
        5 + Math.abs(downloads - best) * noise(seed + 2) + noise(seed + 3) / unpacks
      const { result } = await simulated({ takes, spread: 0.05 * noise(seed + 4) })
      const { setting, noisy } = result.recommended
      const least = Math.min(...result.settings.map((each) => takes(each.setting)))
      if (!noisy) expect(takes(setting) / least).toBeLessThan(1.08)
      const medians = result.settings.map(({ wall }) => wall.median)
      const chosen = result.settings.find((each) => each.setting === setting)!
      expect(chosen.wall.median / Math.min(...medians)).toBeLessThanOrEqual(1.05)
    },
  )

  it('does not recommend a setting with a failed run, and lists settings without a successful run', async () => {
    let sixes = 0
    const fails = ({ downloads }: BenchSetting): boolean =>
      downloads === 10 || (downloads === 6 && ++sixes === 3)
    const { result } = await simulated({
      takes: ({ downloads }) => 10 / downloads,
      fails,
      runs: 8,
      unpacks: [1],
    })
    expect(result.recommended.setting.downloads).toBe(3)
    expect(result.settings.find(({ setting }) => setting.downloads === 6)?.failures).toContain('HTTP 429')
    expect(result.unmeasured).toEqual([
      { setting: { downloads: 10, unpacks: 1 }, failures: Array.from({ length: 8 }, () => 'HTTP 429') },
    ])
  })

  it('stops when the budget is used, and fails if the warm-up run fails', async () => {
    const measure = () =>
      new Promise<never>((_, reject) => setTimeout(() => reject(new Error('no image')), 1))
    await expect(measureGrid({ downloads: [1], unpacks: [1], runs: 1, budget: 1, measure })).rejects.toThrow(
      'no image',
    )
    let runs = 0
    const slow = async () => {
      runs++
      await new Promise((resolve) => setTimeout(resolve, 60))
      return { wall: 1, cpu: 1, events }
    }
    const { unmeasured } = await measureGrid({
      downloads: [1, 2],
      unpacks: [1],
      runs: 9,
      budget: 100,
      measure: slow,
    })
    expect(runs).toBeLessThan(6)
    expect(unmeasured.length).toBeLessThan(2)
  })
})

describe('the error of a median', () => {
  it('falls with the number of runs and ignores a single slow run', () => {
    expect(errorOfMedian([1])).toBe(Infinity)
    expect(errorOfMedian([1, 1.1, 0.9, 1.05, 0.95])).toBeGreaterThan(
      errorOfMedian([1, 1.1, 0.9, 1.05, 0.95, 1, 1.1, 0.9, 1.05, 0.95]),
    )
    expect(errorOfMedian([1, 1.1, 0.9, 1.05, 50])).toBeLessThan(0.2)
  })
})
