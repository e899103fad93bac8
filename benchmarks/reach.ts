/** Defines the performance goals, each as a maximum ratio, and evaluates them for comparisons. */
import type { Comparison, ContenderResult } from './compare.js'
import { nothing } from './start-up.js'

export interface Goal {
  readonly what: string
  readonly against: string
  /** Reports whether the goal applies to a comparison. */
  takes(comparison: Comparison): boolean
  target(image: string): number
  /** Returns the ratio; undefined if one of the two contenders has no result. */
  ratio(comparison: Comparison): number | undefined
}

export const windlassResult = ({ contenders }: Comparison): ContenderResult | undefined =>
  contenders.find(({ name }) => name === 'windlass')
const named = (start: string, { contenders }: Comparison): ContenderResult | undefined =>
  contenders.find(({ name }) => name.startsWith(start))
const isPeer = ({ name }: ContenderResult): boolean => name !== 'windlass' && !name.startsWith('floor')

/** Returns the peer with the lowest wall-clock time; undefined if no peer has a result. */
export const fastestPeer = ({ contenders }: Pick<Comparison, 'contenders'>): ContenderResult | undefined =>
  contenders.filter(isPeer).sort((a, b) => a.wall.median - b.wall.median)[0]

/** Returns the fastest peer that stores unpacked images. */
const fastestWithTrees = ({ contenders }: Comparison): ContenderResult | undefined =>
  fastestPeer({ contenders: contenders.filter(({ name }) => /^(podman|docker|containerd)/.test(name)) })

type Measure = 'wall' | 'cpu' | 'memory'

const over =
  (measure: Measure, other: (comparison: Comparison) => ContenderResult | undefined) =>
  (comparison: Comparison): number | undefined => {
    const [own, its] = [windlassResult(comparison), other(comparison)]
    return own && its && own[measure].median / its[measure].median
  }

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
    target: (image) => ({ layers: 0.7, big: 0.9 })[image] ?? 0.5,
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
    takes: ({ work, link }) => work === 'unpack' && link === '100/40',
    target: () => 1.05,
    ratio: (comparison) => {
      const own = windlassResult(comparison)
      return own && own.wall.median / lineSeconds(comparison)
    },
  },
  ...(['tmpfs', 'disk'] as const).map((store): Goal => ({
    what: `fetch and verify only, store on ${store}`,
    against: 'the fastest of crane, oras, skopeo, ctr',
    takes: isPull('fetch', store),
    target: () => 1,
    ratio: over('wall', fastestPeer),
  })),
  ...(['tmpfs', 'disk'] as const).flatMap((store): Goal[] => {
    const row = {
      what: `pull of an image that is up to date, store on ${store}`,
      takes: isPull('again', store),
      target: () => 1,
    }
    return [
      { ...row, against: 'the fastest of podman, docker, ctr', ratio: over('wall', fastestWithTrees) },
      {
        ...row,
        against: 'the fastest of all: skopeo, crane and oras, which never unpack, as well',
        ratio: over('wall', fastestPeer),
      },
    ]
  }),
  {
    what: 'CPU seconds, fetch and unpack, store on tmpfs',
    against: "the fastest peer's",
    takes: isPull('unpack', 'tmpfs'),
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
    ratio: over('wall', (comparison) => named(nothing, comparison)),
  },
]

export interface GoalResult {
  readonly reach: Goal
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
      .flatMap((comparison) => {
        const ratio = reach.ratio(comparison)
        if (ratio === undefined || !Number.isFinite(ratio)) return []
        const { image } = comparison
        const target = reach.target(image)
        return [{ reach, image, ratio, target, reached: ratio <= target }]
      }),
  )
}
