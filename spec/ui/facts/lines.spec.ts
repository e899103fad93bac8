/** The layers of all pulls together. */
import { expect, it } from 'vitest'
import { emptyServerState, type PullState } from '../../../lib/api/server-state.js'
import { lineCounts, sharedLayers, total } from '../../../ui/facts/lines.js'
import { layerOf, pullOf, totals } from '../pull-state.js'

const lane = (digest: string, more: object = {}) =>
  ({
    digest,
    network: [],
    disk: [],
    isStored: false,
    ...more,
  }) as unknown as PullState['lanes']['lanes'][number]
const fetching = (
  id: string,
  digests: readonly string[],
  record: Partial<PullState['record']> = {},
  more = {},
) => pullOf(id, { record, lanes: { lanes: digests.map((digest) => lane(digest, more)) } })
const sharedOf = (...pulls: PullState[]) =>
  [...sharedLayers(pulls)].map(([id, layers]) => [id, Object.fromEntries(layers)])

it('shares a layer with the first pull that fetches it at the same time', () => {
  const [a, b, c] = [fetching('a', ['x', 'y']), fetching('b', ['x']), fetching('c', ['x', 'z'])]
  expect(sharedOf(a, b, c)).toEqual([
    ['b', { x: 'a' }],
    ['c', { x: 'a' }],
  ])
})

it('shares no layer that the store had, or whose first pull had ended, failed or was cancelled', () => {
  expect(sharedOf(fetching('a', ['x']), fetching('b', ['x'], {}, { isStored: true }))).toEqual([])
  expect(sharedOf(fetching('a', ['x'], {}, { isStored: true }), fetching('b', ['x']))).toEqual([])
  const later = fetching('b', ['x'], { startedAt: 10 })
  expect(sharedOf(fetching('a', ['x'], { endedAt: 10, state: 'done' }), later)).toEqual([])
  for (const state of ['failed', 'cancelled'] as const)
    expect(sharedOf(fetching('a', ['x'], { state, endedAt: 20 }), later)).toEqual([])
  expect(sharedOf(fetching('a', ['x'], { state: 'done', endedAt: 20 }), later)).toEqual([['b', { x: 'a' }]])
})

it('gives a layer to the next pull when its first one has failed', () => {
  const failed = fetching('a', ['x'], { state: 'failed', endedAt: 5 })
  const pulls = [failed, fetching('b', ['x']), fetching('c', ['x'])]
  expect(sharedOf(...pulls)).toEqual([['c', { x: 'b' }]])
})

const counts = (pulls: readonly PullState[], chosen?: string) =>
  lineCounts({ ...emptyServerState, pulls }, chosen, sharedLayers(pulls))
const layers = [
  layerOf('w', { status: 'waiting' }),
  layerOf('d', { status: 'downloaded', fetched: 1_000 }),
  layerOf('u', { status: 'downloaded', fetched: 1_000, unpacked: 1 }),
  layerOf('c', { status: 'complete' }),
  layerOf('e', { status: 'exists' }),
]

it('counts what waits, what is downloaded and what is committed, of the chosen pull and of the others', () => {
  const pulls = [pullOf('a', { snapshot: { layers, totals } }), pullOf('b', { snapshot: { layers } })]
  expect(counts(pulls, 'a')).toMatchObject({
    ...{ running: 2, paused: 0, resolving: 1 },
    waiting: { chosen: 1, others: 1 },
    downloaded: { chosen: 1, others: 1 },
    committed: { chosen: 2, others: 2 },
  })
  expect(total(counts(pulls).committed)).toBe(4)
})

it('counts a layer that pulls share once, and nothing that waits in pulls that do not run', () => {
  const own = layers.slice(0, 4)
  const shared = { lanes: own.map(({ digest }) => lane(digest)) }
  const pulls = [
    pullOf('a', { snapshot: { layers: own, totals }, lanes: shared }),
    pullOf('b', { snapshot: { layers: own, totals }, lanes: shared }),
    pullOf('c', { record: { state: 'paused' }, snapshot: { layers } }),
    pullOf('d', { record: { state: 'failed' }, snapshot: { layers } }),
  ]
  const line = counts(pulls)
  expect([line.running, line.paused, line.resolving]).toEqual([2, 1, 0])
  expect([line.waiting, line.downloaded, line.committed].map(total)).toEqual([1, 1, 5])
})

it('takes as long as the longest pull, and nobody knows how long if one is not known', () => {
  const known = (id: string, left: number | null) => pullOf(id, { left })
  expect(counts([known('a', 5), known('b', 9), known('c', 7)]).secondsLeft).toBe(9)
  expect(counts([known('a', 5), known('b', null), known('c', 7)]).secondsLeft).toBeUndefined()
  const paused = pullOf('a', { record: { state: 'paused' }, left: 5 })
  expect(counts([paused]).secondsLeft).toBeUndefined()
})
