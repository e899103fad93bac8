/** The words about one layer. */
import { expect, it } from 'vitest'
import type { PullState } from '../../../lib/api/server-state.js'
import type { LayerSnapshot } from '../../../lib/events/snapshot-state.js'
import { layerFacts, layerInView, sharerOf, stageWords } from '../../../ui/facts/layer-words.js'
import { layerOf, pullOf } from '../pull-state.js'

type Lane = PullState['lanes']['lanes'][number]
const words = (more: Partial<LayerSnapshot>, view: { isPaused?: boolean; sharedWith?: string } = {}) =>
  stageWords({ layer: layerOf('a', more), lane: undefined, isPaused: false, now: 1_000, ...view })

it.each<[Partial<LayerSnapshot>, string]>([
  [{ status: 'waiting' }, 'waits'],
  [{ fetched: 710 }, 'downloading 71 %'],
  [{ fetched: 710, unpacked: 1 }, 'downloading 71 %, unpacking behind'],
  [{ status: 'restart', fetched: 10 }, 'downloading 1 %'],
  [{ status: 'verifying' }, 'verifying'],
  [{ status: 'verifying', unpacked: 1 }, 'verifying, unpacking behind'],
  [{ status: 'verifying', unpacked: 1_000 }, 'verifying'],
  [{ status: 'downloaded' }, 'waits to unpack'],
  [{ status: 'downloaded', unpacked: 500 }, 'unpacking 50 %'],
  [{ status: 'extracting', unpacked: 990 }, 'unpacking 99 %'],
  [{ status: 'retrying' }, 'retrying'],
  [{ status: 'retrying', retry: { at: 3_001, reason: '', attempt: 2 } }, 'retrying in 3 s'],
  [{ status: 'retrying', retry: { at: 0, reason: '', attempt: 2 } }, 'retrying in 0 s'],
  [{ status: 'complete' }, 'committed'],
  [{ status: 'exists' }, 'already here'],
  [{ fetched: 0, total: 0 }, 'downloading 0 %'],
])('says of %j: %s', (more, text) => {
  expect(words(more)).toBe(text)
})

it('says that a layer is paused or shared, unless it is there', () => {
  expect(words({ fetched: 500 }, { isPaused: true })).toBe('paused at 50 %')
  expect(words({ status: 'waiting' }, { isPaused: true })).toBe('paused')
  expect(words({ fetched: 500 }, { sharedWith: 'app' })).toBe('shared with app')
  expect(words({ fetched: 500 }, { sharedWith: 'app', isPaused: true })).toBe('paused at 50 %')
  for (const [status, text] of [
    ['exists', 'already here'],
    ['complete', 'committed'],
  ] as const)
    expect(words({ status }, { sharedWith: 'app', isPaused: true })).toBe(text)
})

const lane = (more: object = {}) => ({ digest: 'a', network: [], disk: [], isStored: false, ...more }) as Lane
const inView = (
  layers: readonly LayerSnapshot[],
  chosen?: number,
  more: { error?: object; stored?: number[] } = {},
) =>
  layerInView(
    pullOf('a', {
      snapshot: { layers, ...(more.error && { error: more.error as never }) },
      lanes: { lanes: layers.map((_, at) => lane({ isStored: more.stored?.includes(at) ?? false })) },
    }),
    chosen,
  )

it('shows the chosen layer, else the one in trouble, else the largest that has begun', () => {
  const layers = [
    layerOf('a', { total: 5 }),
    layerOf('b', { total: 9 }),
    layerOf('c', { status: 'waiting', total: 99 }),
  ]
  expect(inView(layers, 2)).toEqual({ index: 2, why: 'chosen' })
  expect(inView(layers, 3)).toEqual({ index: 1, why: 'largest' })
  expect(inView(layers, undefined, { error: { digest: 'c' } })).toEqual({ index: 2, why: 'trouble' })
  expect(inView([...layers, layerOf('d', { status: 'retrying' })])).toEqual({ index: 3, why: 'trouble' })
  expect(inView(layers, undefined, { stored: [1] })).toEqual({ index: 0, why: 'largest' })
  expect(inView(layers.slice(2))).toBeUndefined()
})

it('knows how long a layer waited, downloaded and waited to unpack', () => {
  const network = [
    { stage: 'waits', from: 0, to: 1_000 },
    { stage: 'downloading', from: 1_000, to: 3_000 },
    { stage: 'retrying', from: 3_000, to: 4_000 },
    { stage: 'downloading', from: 4_000 },
  ]
  const facts = (more: Partial<LayerSnapshot>, of: object = {}) =>
    layerFacts({ layer: layerOf('a', more), lane: lane({ network, ...of }), isPaused: false, now: 5_000 })
  expect(facts({ fetched: 10, host: 'ghcr.io' })).toEqual([
    ...['1.0 kB', 'waited 1.0 s', 'downloading for 3.0 s from ghcr.io'],
  ])
  const unpacking = { stage: 'unpacking', from: 4_500 }
  expect(facts({ fetched: 1_000 }, { disk: [unpacking] })).toEqual([
    ...['1.0 kB', 'waited 1.0 s', 'downloaded in 3.0 s', 'unpacked behind the download'],
  ])
  const queued = { stage: 'queued', from: 4_000, to: 4_500 }
  expect(facts({ fetched: 1_000 }, { disk: [queued, unpacking] }).at(-1)).toBe('waited 0.5 s to unpack')
  expect(facts({ fetched: 999 }, { disk: [queued, unpacking] })).toHaveLength(3)
  expect(facts({}, { isStored: true })).toEqual(['1.0 kB'])
})

it('names the pull that fetches a layer for this one', () => {
  const shared = new Map([['x', 'p1']])
  expect(sharerOf(shared, 'x', new Map([['p1', 'app']]))).toBe('app')
  expect(sharerOf(shared, 'x', new Map())).toBe('another pull')
  expect([sharerOf(shared, 'y', new Map()), sharerOf(undefined, 'x', new Map())]).toEqual([
    undefined,
    undefined,
  ])
})
