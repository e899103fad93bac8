/** Defines the performance goals, each as a maximum ratio, and evaluates them for comparisons. */
import type { Comparison, ContenderResult } from './compare.js'
import { loopName } from './contenders.js'
import { nothing } from './start-up.js'

export interface Goal {
  readonly what: string
  readonly against: string
  /** Reports whether the goal applies to a comparison. */
  takes(comparison: Comparison): boolean
  target(image: string): number
  /**
   * Returns the ratio of a Windlass; undefined if one of the two contenders has no result.
   * @param own - name of the Windlass: there is one for each Node
   */
  ratio(comparison: Comparison, own: string): number | undefined
}

/** Returns the Windlass on the Node that ran the benchmark. */
export const windlassResult = ({ contenders }: Comparison, own = 'windlass'): ContenderResult | undefined =>
  contenders.find(({ name }) => name === own)

/** Names of the contenders that are Windlass: one for each Node. */
export const isWindlass = (name: string): boolean => name === 'windlass' || name.startsWith('windlass (')
const named = (start: string, { contenders }: Comparison): ContenderResult | undefined =>
  contenders.find(({ name }) => name.startsWith(start))
const isPeer = ({ name }: ContenderResult): boolean =>
  !isWindlass(name) && !name.startsWith('floor') && !name.startsWith(loopName)

/** Returns the peer with the lowest wall-clock time; undefined if no peer has a result. */
export const fastestPeer = ({ contenders }: Pick<Comparison, 'contenders'>): ContenderResult | undefined =>
  contenders.filter(isPeer).sort((a, b) => a.wall.median - b.wall.median)[0]

/** Returns the fastest peer that stores unpacked images. */
const fastestWithTrees = ({ contenders }: Comparison): ContenderResult | undefined =>
  fastestPeer({ contenders: contenders.filter(({ name }) => /^(podman|docker|containerd)/.test(name)) })

type Measure = 'wall' | 'cpu' | 'memory'

const over =
  (measure: Measure, other: (comparison: Comparison, own: string) => ContenderResult | undefined) =>
  (comparison: Comparison, name: string): number | undefined => {
    const [own, its] = [windlassResult(comparison, name), other(comparison, name)]
    return own && its && own[measure].median / its[measure].median
  }

/** Returns the loop that ran on the same Node as `own`. */
const loopOf = ({ contenders }: Comparison, own: string): ContenderResult | undefined =>
  contenders.find(({ name }) => name === own.replace('windlass', loopName))

/** Returns the seconds that the link needs to transfer the bytes of the image. */
export function lineSeconds({ link, bytes }: Comparison): number {
  const [megabits = NaN] = link.split('/').map(Number)
  return bytes / ((megabits * 1e6) / 8)
}

const isPull = (work: Comparison['work'], store?: Comparison['store']) => (comparison: Comparison) =>
  comparison.work === work && comparison.link === '' && (store === undefined || comparison.store === store)

export const goals: readonly Goal[] = [
  {
    what: 'fetch, verify and unpack, store on tmpfs',
    against: 'the fastest of podman, docker, ctr, skopeo + umoci',
    takes: isPull('unpack', 'tmpfs'),
    target: (image) => ({ layers: 0.7, big: 0.9, distribution: 0.45, files: 0.35, small: 1.2 })[image] ?? 0.5,
    ratio: over('wall', fastestPeer),
  },
  {
    what: 'the same',
    against: 'the floor: `curl`, `igzip`, `tar`',
    takes: isPull('unpack', 'tmpfs'),
    target: () => 1.2,
    ratio: over('wall', (comparison) => named('floor', comparison)),
  },
  {
    what: 'the same, store on disk',
    against: 'the fastest peer',
    takes: isPull('unpack', 'disk'),
    target: () => 0.7,
    ratio: over('wall', fastestPeer),
  },
  {
    what: 'the same, over 100 Mbit/s with 40 ms',
    against: 'bytes / bandwidth',
    // The start of the command and the first round trips count in a transfer of a second.
    takes: (comparison) =>
      comparison.work === 'unpack' && comparison.link === '100/40' && lineSeconds(comparison) > 5,
    target: () => 1.05,
    ratio: (comparison, name) => {
      const own = windlassResult(comparison, name)
      return own && own.wall.median / lineSeconds(comparison)
    },
  },
  ...(['tmpfs', 'disk'] as const).map((store): Goal => ({
    what: `fetch and verify only, store on ${store}`,
    against: 'a loop on the same Node that asks, hashes and writes',
    takes: isPull('fetch', store),
    target: () => 1.2,
    ratio: over('wall', loopOf),
  })),
  ...(['tmpfs', 'disk'] as const).map((store): Goal => ({
    what: `pull of an image that is up to date, store on ${store}`,
    against: 'the fastest of podman, docker, ctr',
    takes: isPull('again', store),
    target: () => 2.5,
    ratio: over('wall', fastestWithTrees),
  })),
  {
    what: 'CPU seconds, fetch and unpack, store on tmpfs',
    against: "the fastest peer's",
    takes: (comparison) => isPull('unpack', 'tmpfs')(comparison) && comparison.image !== 'small',
    target: () => 0.7,
    ratio: over('cpu', fastestPeer),
  },
  {
    what: 'peak memory, the same',
    against: "docker's, client and servers",
    takes: isPull('unpack', 'tmpfs'),
    target: () => 2,
    ratio: over('memory', (comparison) => named('docker', comparison)),
  },
  {
    what: '`windlass --version`',
    against: `\`${nothing}\``,
    takes: isPull('version'),
    target: () => 1.5,
    ratio: over('wall', ({ contenders }, own) =>
      contenders.find(({ name }) => name === own.replace('windlass', nothing)),
    ),
  },
]

export interface GoalResult {
  readonly reach: Goal
  /** Name of the Windlass. */
  readonly own: string
  readonly image: string
  readonly ratio: number
  readonly target: number
  readonly reached: boolean
}

/** Evaluates every goal for every comparison to which it applies, if both sides have a result. */
export function evaluateGoals(comparisons: readonly Comparison[]): GoalResult[] {
  return goals.flatMap((reach) =>
    comparisons
      .filter((comparison) => reach.takes(comparison))
      .flatMap((comparison) =>
        comparison.contenders
          .map(({ name }) => name)
          .filter(isWindlass)
          .flatMap((own) => {
            const ratio = reach.ratio(comparison, own)
            if (ratio === undefined || !Number.isFinite(ratio)) return []
            const { image } = comparison
            const target = reach.target(image)
            return [{ reach, own, image, ratio, target, reached: ratio <= target }]
          }),
      ),
  )
}
