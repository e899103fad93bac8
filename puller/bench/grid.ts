/**
 * Measures every setting of a grid several times and recommends one. A setting is a pair of limits on concurrency. Each
 * round measures the settings in another order.
 */
import { type Spread, median, shuffle, spreadOf } from './statistics.js'
import { type Timeline, type TimelineStage, timelineOf } from './timeline.js'
import type { PullEvent } from '../../lib/events/index.js'

/** A setting of the grid. */
export interface BenchSetting {
  /** Layers downloaded concurrently. */
  readonly downloads: number
  /** Layers unpacked concurrently. */
  readonly unpacks: number
}

/** Reports whether two settings are equal, also after one of them went through JSON. */
export const isSameSetting = (a: BenchSetting, b: BenchSetting): boolean =>
  a.downloads === b.downloads && a.unpacks === b.unpacks

/** Measurements of one pull into an empty store. */
export interface BenchRun {
  /** Elapsed time in seconds. */
  readonly wall: number
  /** User and system time in seconds. */
  readonly cpu: number
  readonly events: readonly PullEvent[]
}

/** Measurements of one setting. */
export interface SettingResult {
  readonly setting: BenchSetting
  /** Elapsed seconds of the runs that succeeded. */
  readonly wall: Spread
  /** CPU seconds of the runs that succeeded. */
  readonly cpu: Spread
  /** Messages of the runs that failed. */
  readonly failures: readonly string[]
  /** Compressed bytes per second of the median run. */
  readonly bytesPerSecond: number
  /** Number of retries in all runs. A registry that throttles (HTTP 429) causes many. */
  readonly retries: number
  /** Seconds that the layers spent in each stage, summed over the layers; median of the runs. */
  readonly waited: Readonly<Record<TimelineStage, number>>
  /** Timeline of the run nearest to the median. */
  readonly timeline: Timeline
}

/** The recommendation of a grid. */
export interface Recommendation {
  readonly setting: BenchSetting
  /** Reason for the recommendation, as one or two sentences. */
  readonly why: string
  /**
   * Whether runs of the same setting differ so much that another setting may be more than 5 % faster. More runs or a
   * quieter machine then give a reliable answer.
   */
  readonly noisy: boolean
}

/** The results of a grid. */
export interface GridResult {
  /** Compressed bytes of the image that are downloaded. */
  readonly bytes: number
  readonly layers: number
  /** Settings with at least one successful run, ordered by downloads, then by unpacks. */
  readonly settings: readonly SettingResult[]
  /** Settings without a successful run. `failures` is empty if the time was up before the first run. */
  readonly unmeasured: readonly { readonly setting: BenchSetting; readonly failures: readonly string[] }[]
  readonly fastest: BenchSetting
  readonly slowest: BenchSetting
  readonly recommended: Recommendation
}

/** Options of `measureGrid`. */
export interface GridOptions {
  readonly downloads: readonly number[]
  readonly unpacks: readonly number[]
  /** Runs of each setting. */
  readonly runs: number
  /** Milliseconds after which no further run starts. */
  readonly budget: number
  /** Called after each run with the number of finished runs and of planned runs. */
  readonly onRun?: ((done: number, planned: number) => void) | undefined
  /** Pulls once into an empty store. */
  readonly measure: (setting: BenchSetting) => Promise<BenchRun>
  /** Reports whether a failed run ends the whole measurement, as a cancellation does. */
  readonly isFatal?: (error: unknown) => boolean
}

/** A setting that takes up to this many times as long as the fastest is preferred if its concurrency is lower. */
const tolerance = 1.05
/** Settings that are hard to tell apart get up to this many times the requested number of runs. */
const maxRunsFactor = 3

/**
 * Measures all combinations of `downloads` and `unpacks`. The first run only warms up the caches. Then follow `runs`
 * rounds of all settings, then further rounds of the settings that may still be the best, until the best is clear or
 * the budget is used.
 * @throws the error of the warm-up run; errors for which `isFatal` returns true; Error when no run succeeded
 */
export async function measureGrid(options: GridOptions): Promise<GridResult> {
  const { downloads, unpacks, runs, budget, measure, onRun, isFatal = () => false } = options
  const until = performance.now() + budget
  const grid = downloads.flatMap((downloadCount) =>
    unpacks.map((unpackCount): BenchSetting => ({ downloads: downloadCount, unpacks: unpackCount })),
  )
  const outcomes = new Map(
    grid.map((setting) => [setting, { runs: new Array<BenchRun>(), failures: new Array<string>() }]),
  )
  await measure(grid[0]!)
  let [done, planned] = [0, grid.length * runs]
  /** Runs each setting once. Returns false if the budget is used. */
  const runRound = async (settings: readonly BenchSetting[], seed: number): Promise<boolean> => {
    for (const setting of shuffle(settings, seed)) {
      if (performance.now() > until) return false
      const { runs: good, failures } = outcomes.get(setting)!
      try {
        good.push(await measure(setting))
      } catch (error) {
        if (isFatal(error)) throw error
        failures.push(error instanceof Error ? error.message : String(error))
      }
      onRun?.(++done, planned)
    }
    return true
  }
  let seed = 0
  while (seed < runs && (await runRound(grid, seed))) seed++
  for (; seed < runs * maxRunsFactor; seed++) {
    const undecided = undecidedSettings(
      [...outcomes].flatMap(([setting, { runs: good }]) =>
        good.length > 0 ? [{ setting, times: timesOf(good) }] : [],
      ),
    )
    if (undecided.length === 0) break
    planned += undecided.length
    if (!(await runRound(undecided, seed))) break
  }
  return resultOf(outcomes)
}

/** A setting and the seconds of its successful runs. */
interface Timed {
  readonly setting: BenchSetting
  readonly times: readonly number[]
}

const timesOf = (runs: readonly BenchRun[]): number[] => runs.map(({ wall }) => wall)

/**
 * Returns the standard error of the median; Infinity for fewer than two values. It is computed from the median absolute
 * deviation, which a single slow run does not change.
 */
export function errorOfMedian(times: readonly number[]): number {
  if (times.length < 2) return Infinity
  const middle = median(times)
  // For a normal distribution, the standard deviation is 1.4826 times the median absolute deviation, and the standard
  // error of the median is 1.2533 (√(π/2)) times that of the mean.
  const deviation = 1.4826 * median(times.map((time) => Math.abs(time - middle)))
  return (1.2533 * deviation) / Math.sqrt(times.length)
}

/** Returns the difference in seconds from which on two medians differ with about 95 % confidence. */
const noiseBetween = (a: readonly number[], b: readonly number[]): number =>
  2 * Math.hypot(errorOfMedian(a), errorOfMedian(b))

/** Returns the settings that need more runs: the recommended one, and those that may be faster than it by over 5 %. */
function undecidedSettings(all: readonly Timed[]): readonly BenchSetting[] {
  if (all.length < 2) return []
  const chosen = chooseSetting(all)
  const rivals = all.filter((each) => each !== chosen && mayBeBetter(each, chosen))
  return rivals.length === 0 ? [] : [chosen, ...rivals].map(({ setting }) => setting)
}

/** Reports whether `rival` may be faster than `chosen` by more than 5 %, given the spread of both. */
const mayBeBetter = (rival: Timed, chosen: Timed): boolean =>
  (median(rival.times) - noiseBetween(rival.times, chosen.times)) * tolerance < median(chosen.times)

/** Returns the setting with the lowest concurrency among those that are at most 5 % slower than the fastest. */
function chooseSetting(all: readonly Timed[]): Timed {
  const byTime = [...all].sort((a, b) => median(a.times) - median(b.times))
  const limit = median(byTime[0]!.times) * tolerance
  const candidates = byTime.filter(({ times }) => median(times) <= limit)
  return candidates.sort((a, b) => concurrencyOf(a.setting) - concurrencyOf(b.setting))[0]!
}

const concurrencyOf = ({ downloads, unpacks }: BenchSetting): number => downloads + unpacks

type Outcomes = ReadonlyMap<
  BenchSetting,
  { readonly runs: readonly BenchRun[]; readonly failures: readonly string[] }
>

function resultOf(outcomes: Outcomes): GridResult {
  const measured = [...outcomes].filter(([, { runs }]) => runs.length > 0)
  const settings = measured.map(([setting, { runs, failures }]) => summarise(setting, runs, failures))
  // A setting with a failed run is recommended only if all settings have one.
  const faultless = settings.filter(({ failures }) => failures.length === 0)
  const timed = (faultless.length > 0 ? faultless : settings).map(({ setting }): Timed => ({
    setting,
    times: timesOf(outcomes.get(setting)!.runs),
  }))
  if (timed.length === 0) {
    const [first] = [...outcomes.values()].flatMap(({ failures }) => failures)
    throw new Error(`No run succeeded${first === undefined ? '' : `: ${first}`}`)
  }
  const byTime = [...settings].sort((a, b) => a.wall.median - b.wall.median)
  const first = measured[0]![1].runs[0]!
  const plan = first.events.find((event) => event.type === 'plan')
  return {
    bytes: plan?.type === 'plan' ? plan.bytes.toDownload : 0,
    layers: plan?.type === 'plan' ? new Set(plan.layers.map(({ digest }) => digest)).size : 0,
    settings,
    unmeasured: [...outcomes].flatMap(([setting, { runs, failures }]) =>
      runs.length === 0 ? [{ setting, failures }] : [],
    ),
    fastest: byTime[0]!.setting,
    slowest: byTime.at(-1)!.setting,
    recommended: recommend(timed),
  }
}

function recommend(all: readonly Timed[]): Recommendation {
  const chosen = chooseSetting(all)
  const { setting } = chosen
  const fastest = all.reduce((best, each) => (median(each.times) < median(best.times) ? each : best))
  const rivals = all.filter((each) => each !== chosen && mayBeBetter(each, chosen))
  const noisy = rivals.some(
    (rival) => noiseBetween(rival.times, chosen.times) > median(chosen.times) * (tolerance - 1),
  )
  const percentSlower = Math.round((median(chosen.times) / median(fastest.times) - 1) * 100)
  const best =
    chosen === fastest
      ? 'It was the fastest'
      : `It took ${percentSlower} % longer than the fastest (${fastest.setting.downloads} × ${fastest.setting.unpacks}) with less concurrency`
  const why = noisy
    ? `${best}, but the runs of one setting differ more than the settings, so this is not certain. Allow more runs or a longer budget, or measure on a quieter machine.`
    : `${best}.`
  return { setting, why, noisy }
}

function summarise(
  setting: BenchSetting,
  runs: readonly BenchRun[],
  failures: readonly string[],
): SettingResult {
  const wall = spreadOf(timesOf(runs))
  const timelines = runs.map(({ events }) => timelineOf(events))
  const middle = [...runs.keys()].sort((a, b) => runs[a]!.wall - runs[b]!.wall)[runs.length >> 1]!
  const plan = runs[middle]!.events.find((event) => event.type === 'plan')
  const seconds = (stage: TimelineStage): number =>
    median(timelines.map(({ waited }) => waited[stage] / 1000))
  return {
    setting,
    wall,
    cpu: spreadOf(runs.map(({ cpu }) => cpu)),
    failures,
    bytesPerSecond: (plan?.type === 'plan' ? plan.bytes.toDownload : 0) / wall.median,
    retries: runs.flatMap(({ events }) => events).filter(isRetry).length,
    waited: {
      slot: seconds('slot'),
      download: seconds('download'),
      retry: seconds('retry'),
      unpack: seconds('unpack'),
    },
    timeline: timelines[middle]!,
  }
}

const isRetry = (event: PullEvent): boolean => event.type === 'layer' && event.status === 'retrying'
