/** What is to be reached: each row as a ratio that is to be small, and whether a comparison reaches it. */
import type { Comparison, ContenderResult } from './compare.js'
import { nothing } from './start-up.js'

export interface Reach {
  readonly what: string
  readonly against: string
  /** Whether this row is about that comparison. */
  takes(comparison: Comparison): boolean
  target(image: string): number
  /** undefined where one of the two took no part. */
  ratio(comparison: Comparison): number | undefined
}

export const ours = ({ contenders }: Comparison): ContenderResult | undefined =>
  contenders.find(({ name }) => name === 'windlass')
const named = (start: string, { contenders }: Comparison): ContenderResult | undefined =>
  contenders.find(({ name }) => name.startsWith(start))
const isPeer = ({ name }: ContenderResult): boolean => name !== 'windlass' && !name.startsWith('floor')

/** By the clock; undefined where no peer took part. */
export const fastestPeer = ({ contenders }: Pick<Comparison, 'contenders'>): ContenderResult | undefined =>
  contenders.filter(isPeer).sort((a, b) => a.wall.median - b.wall.median)[0]

/** Of those that keep an unpacked image. */
const fastestWithTrees = ({ contenders }: Comparison): ContenderResult | undefined =>
  fastestPeer({ contenders: contenders.filter(({ name }) => /^(podman|docker|containerd)/.test(name)) })

type Measure = 'wall' | 'cpu' | 'memory'

const over =
  (measure: Measure, other: (comparison: Comparison) => ContenderResult | undefined) =>
  (comparison: Comparison): number | undefined => {
    const [own, its] = [ours(comparison), other(comparison)]
    return own && its && own[measure].median / its[measure].median
  }

/** Seconds that the bytes of the image need on its link. */
export function lineSeconds({ link, bytes }: Comparison): number {
  const [megabits = NaN] = link.split('/').map(Number)
  return bytes / ((megabits * 1e6) / 8)
}

const isPull = (work: Comparison['work'], store?: Comparison['store']) => (comparison: Comparison) =>
  comparison.work === work && comparison.link === '' && (store === undefined || comparison.store === store)

export const reaches: readonly Reach[] = [
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
      const own = ours(comparison)
      return own && own.wall.median / lineSeconds(comparison)
    },
  },
  ...(['tmpfs', 'disk'] as const).map((store): Reach => ({
    what: `fetch and verify only, store on ${store}`,
    against: 'the fastest of crane, oras, skopeo, ctr',
    takes: isPull('fetch', store),
    target: () => 1,
    ratio: over('wall', fastestPeer),
  })),
  ...(['tmpfs', 'disk'] as const).flatMap((store): Reach[] => {
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

export interface Reached {
  readonly reach: Reach
  readonly image: string
  readonly ratio: number
  readonly target: number
  readonly reached: boolean
}

/** Every row with every comparison that it is about, where both sides took part. */
export function reachedIn(comparisons: readonly Comparison[]): Reached[] {
  return reaches.flatMap((reach) =>
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
