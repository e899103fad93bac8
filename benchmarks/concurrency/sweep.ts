/** Measures every setting several times, in a different order each round, and recommends one. */
import { type Spread, shuffle, spreadOf } from '../../puller/bench/statistics.js'
import { type PullCost, pullOnce, type Setting } from '../shared/pull-once.js'
import type { TimelineStage as Stage, Timeline } from '../../puller/bench/timeline.js'

export interface SweepOptions {
  readonly reference: string
  readonly downloads: readonly number[]
  readonly unpacks: readonly number[]
  readonly runs: number
  /** Directory for the stores. */
  readonly under: string
  readonly onRun?: (done: number, of: number) => void
}

export interface SettingResult {
  readonly setting: Setting
  /** Seconds. */
  readonly wall: Spread
  readonly cpu: Spread
  /** Bytes. */
  readonly memory: Spread
  /** Compressed bytes per second of the median run. */
  readonly bytesPerSecond: number
  /** Medians in seconds: until the layers were known, and the total time of all layers in each stage. */
  readonly plan: number
  readonly waited: Readonly<Record<Stage, number>>
  /** Timeline of the run nearest to the median. */
  readonly timeline: Timeline
}

export interface SweepResult {
  readonly bytes: number
  readonly layers: number
  /** Results in the requested order: all unpacks for each number of downloads. */
  readonly settings: readonly SettingResult[]
  readonly fastest: SettingResult
  readonly slowest: SettingResult
  /** The setting with the lowest concurrency within 5 % of the fastest. A higher one costs memory without a gain. */
  readonly recommended: SettingResult
}

export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { reference, downloads, unpacks, runs, under } = options
  const requested = downloads.flatMap((down) =>
    unpacks.map((up): Setting => ({ downloads: down, unpacks: up })),
  )
  const costs = new Map(requested.map((setting) => [setting, new Array<PullCost>()]))
  await pullOnce(reference, requested[0]!, under) // warm-up: reads the files from the disk
  let done = 0
  for (let round = 0; round < runs; round++)
    for (const setting of shuffle(requested, round)) {
      const pull = (): Promise<PullCost> => pullOnce(reference, setting, under)
      costs.get(setting)!.push(await pull().catch(pull)) // a request to a distant registry may fail once
      options.onRun?.(++done, requested.length * runs)
    }
  const settings = [...costs].map(([setting, of]) => summary(setting, of))
  const byTime = [...settings].sort((a, b) => a.wall.median - b.wall.median)
  const fastest = byTime[0]!
  const nearlyFastest = byTime.filter(({ wall }) => wall.median <= fastest.wall.median * 1.05)
  const [recommended = fastest] = nearlyFastest.sort((a, b) => concurrencyOf(a) - concurrencyOf(b))
  const [first] = costs.values()
  const layers = new Set(first?.[0]?.timeline.spans.map(({ layer }) => layer)).size
  return { bytes: first?.[0]?.bytes ?? 0, layers, settings, fastest, slowest: byTime.at(-1)!, recommended }
}

const concurrencyOf = ({ setting: { downloads, unpacks } }: SettingResult): number => downloads + unpacks

function summary(setting: Setting, costs: readonly PullCost[]): SettingResult {
  const wall = spreadOf(costs.map((cost) => cost.wall))
  const middle = [...costs].sort((a, b) => a.wall - b.wall)[costs.length >> 1]!
  const seconds = (of: (timeline: Timeline) => number): number =>
    spreadOf(costs.map(({ timeline }) => of(timeline) / 1000)).median
  return {
    setting,
    wall,
    cpu: spreadOf(costs.map(({ cpu }) => cpu)),
    memory: spreadOf(costs.map(({ memory }) => memory)),
    bytesPerSecond: middle.bytes / wall.median,
    plan: seconds(({ plan }) => plan),
    waited: {
      slot: seconds(({ waited }) => waited.slot),
      download: seconds(({ waited }) => waited.download),
      retry: seconds(({ waited }) => waited.retry),
      unpack: seconds(({ waited }) => waited.unpack),
    },
    timeline: middle.timeline,
  }
}
