/** Measures every setting of a grid several times, in a different order each round, and recommends one. */
import { type Spread, median, shuffled, spreadOf } from './statistics.js'
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

/** One cold pull. */
export interface BenchRun {
  /** Seconds. */
  readonly wall: number
  /** User and system time in seconds. */
  readonly cpu: number
  readonly events: readonly PullEvent[]
}

/** What the grid found out about a setting. */
export interface SettingResult {
  readonly setting: BenchSetting
  /** Seconds of the runs that succeeded. */
  readonly wall: Spread
  readonly cpu: Spread
  /** Messages of the runs that failed. */
  readonly failures: readonly string[]
  /** Compressed bytes per second of the median run. */
  readonly bytesPerSecond: number
  /** Attempts that were repeated, in all runs: a registry that throttles answers many of them with 429. */
  readonly retries: number
  /** Total time of all layers in each stage, in seconds: medians. */
  readonly waited: Readonly<Record<TimelineStage, number>>
  /** Timeline of the run nearest to the median. */
  readonly timeline: Timeline
}

/** The recommendation of a grid. */
export interface Recommendation {
  readonly setting: BenchSetting
  /** One sentence. */
  readonly why: string
  /**
   * Whether the runs differ so much between themselves that another setting may be better by more than 5 %. More runs or
   * a quieter machine give an answer then.
   */
  readonly noisy: boolean
}

/** The results of a grid. */
export interface GridResult {
  /** Compressed bytes of the image that are downloaded. */
  readonly bytes: number
  readonly layers: number
  /** In the order of the grid: all numbers of unpacks for each number of downloads. Without settings that never succeeded. */
  readonly settings: readonly SettingResult[]
  /** Settings that never succeeded or, for want of time, were never run. */
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
  readonly onRun?: ((done: number, planned: number) => void) | undefined
  /** Pulls once into an empty store. */
  readonly measure: (setting: BenchSetting) => Promise<BenchRun>
  /** Reports whether a failed run ends the whole measurement, as a cancellation does. */
  readonly isFatal?: (error: unknown) => boolean
}

/** A setting may be slower than the fastest by this factor, if it needs less at once. */
const nearlyFastest = 1.05
/** A setting gets at most this many times the asked number of runs. */
const maxExtra = 3

/**
 * Measures the grid: first a run that warms up, then `runs` rounds of all settings, then further rounds of those that may
 * still be the best, until their spread is smaller than the difference or the budget is used.
 * @throws the error of the first run of all if it fails; errors that `isFatal` reports
 */
export async function measureGrid(options: GridOptions): Promise<GridResult> {
  const { downloads, unpacks, runs, budget, measure, onRun, isFatal = () => false } = options
  const until = performance.now() + budget
  const grid = downloads.flatMap((down) =>
    unpacks.map((up): BenchSetting => ({ downloads: down, unpacks: up })),
  )
  const tried = new Map(
    grid.map((setting) => [setting, { runs: new Array<BenchRun>(), failures: new Array<string>() }]),
  )
  await measure(grid[0]!)
  let [done, planned] = [0, grid.length * runs]
  const round = async (settings: readonly BenchSetting[], seed: number): Promise<boolean> => {
    for (const setting of shuffled(settings, seed)) {
      if (performance.now() > until) return false
      const { runs: good, failures } = tried.get(setting)!
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
  while (seed < runs && (await round(grid, seed))) seed++
  for (; seed < runs * maxExtra; seed++) {
    const open = undecided(
      [...tried].flatMap(([setting, { runs: good }]) =>
        good.length > 0 ? [{ setting, times: timesOf(good) }] : [],
      ),
    )
    if (open.length === 0) break
    planned += open.length
    if (!(await round(open, seed))) break
  }
  return resultOf(tried)
}

interface Timed {
  readonly setting: BenchSetting
  readonly times: readonly number[]
}

const timesOf = (runs: readonly BenchRun[]): number[] => runs.map(({ wall }) => wall)

/**
 * Returns the standard error of the median. The spread is taken from the median absolute deviation, which one slow run
 * does not change.
 */
export function errorOfMedian(times: readonly number[]): number {
  if (times.length < 2) return Infinity
  const middle = median(times)
  const deviation = 1.4826 * median(times.map((time) => Math.abs(time - middle)))
  return (1.2533 * deviation) / Math.sqrt(times.length)
}

/** Returns how far two medians must be apart to differ with about 95 % confidence. */
const noiseBetween = (a: readonly number[], b: readonly number[]): number =>
  2 * Math.hypot(errorOfMedian(a), errorOfMedian(b))

/** Returns the settings that need more runs: the recommended one, and those that may be faster than it by over 5 %. */
function undecided(all: readonly Timed[]): readonly BenchSetting[] {
  if (all.length < 2) return []
  const chosen = choose(all)
  const rivals = all.filter((each) => each !== chosen && mayBeBetter(each, chosen))
  return rivals.length === 0 ? [] : [chosen, ...rivals].map(({ setting }) => setting)
}

/** Reports whether `rival` may be faster than `chosen` by more than 5 %, given the spread of both. */
const mayBeBetter = (rival: Timed, chosen: Timed): boolean =>
  (median(rival.times) - noiseBetween(rival.times, chosen.times)) * nearlyFastest < median(chosen.times)

/** Returns the setting with the least concurrency among those that are nearly the fastest. */
function choose(all: readonly Timed[]): Timed {
  const byTime = [...all].sort((a, b) => median(a.times) - median(b.times))
  const limit = median(byTime[0]!.times) * nearlyFastest
  const near = byTime.filter(({ times }) => median(times) <= limit)
  return near.sort((a, b) => atOnce(a.setting) - atOnce(b.setting))[0]!
}

const atOnce = ({ downloads, unpacks }: BenchSetting): number => downloads + unpacks

type Tried = ReadonlyMap<
  BenchSetting,
  { readonly runs: readonly BenchRun[]; readonly failures: readonly string[] }
>

function resultOf(tried: Tried): GridResult {
  const measured = [...tried].filter(([, { runs }]) => runs.length > 0)
  const settings = measured.map(([setting, { runs, failures }]) => summary(setting, runs, failures))
  // A setting of which a run failed is not recommended if another setting has none.
  const sound = settings.filter(({ failures }) => failures.length === 0)
  const timed = (sound.length > 0 ? sound : settings).map(({ setting }): Timed => ({
    setting,
    times: timesOf(tried.get(setting)!.runs),
  }))
  if (timed.length === 0) {
    const [first] = [...tried.values()].flatMap(({ failures }) => failures)
    throw new Error(`No run succeeded${first === undefined ? '' : `: ${first}`}`)
  }
  const byTime = [...settings].sort((a, b) => a.wall.median - b.wall.median)
  const first = measured[0]![1].runs[0]!
  const plan = first.events.find((event) => event.type === 'plan')
  return {
    bytes: plan?.type === 'plan' ? plan.bytes.toDownload : 0,
    layers: plan?.type === 'plan' ? new Set(plan.layers.map(({ digest }) => digest)).size : 0,
    settings,
    unmeasured: [...tried].flatMap(([setting, { runs, failures }]) =>
      runs.length === 0 ? [{ setting, failures }] : [],
    ),
    fastest: byTime[0]!.setting,
    slowest: byTime.at(-1)!.setting,
    recommended: recommend(timed),
  }
}

function recommend(all: readonly Timed[]): Recommendation {
  const chosen = choose(all)
  const { setting } = chosen
  const fastest = all.reduce((best, each) => (median(each.times) < median(best.times) ? each : best))
  const rivals = all.filter((each) => each !== chosen && mayBeBetter(each, chosen))
  const noisy = rivals.some(
    (rival) => noiseBetween(rival.times, chosen.times) > median(chosen.times) * (nearlyFastest - 1),
  )
  const over = Math.round((median(chosen.times) / median(fastest.times) - 1) * 100)
  const best =
    chosen === fastest
      ? 'It was the fastest'
      : `It took ${over} % longer than the fastest (${fastest.setting.downloads} × ${fastest.setting.unpacks}) and needs less at once`
  const why = noisy
    ? `${best}, but the runs of one setting differ more than the settings: the answer is not certain. Give more runs or a longer budget, or measure on a quieter machine.`
    : `${best}.`
  return { setting, why, noisy }
}

function summary(
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
