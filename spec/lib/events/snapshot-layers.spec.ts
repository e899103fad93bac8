import { describe, expect, it } from 'vitest'
import type { LayerEvent, PullEvent } from '../../../lib/events/event.js'
import { addPlanned, reduceLayer } from '../../../lib/events/snapshot-layers.js'
import { plannedTotals, totalsAfter } from '../../../lib/events/snapshot-totals.js'
import type { LayerSnapshot } from '../../../lib/events/snapshot-state.js'
import { toPullEvent } from '../../../lib/events/to-pull-event.js'

const time = '2024-01-01T00:00:00.000Z'
const layer = (digest: string, more: Partial<LayerSnapshot> = {}): LayerSnapshot => ({
  digest,
  status: 'waiting',
  current: 0,
  total: 100,
  fetched: 0,
  unpacked: 0,
  ...more,
})
const event = (digest: string, more: Partial<LayerEvent> = {}) =>
  ({ type: 'layer', digest, status: 'downloading', current: 40, total: 100, time, ...more }) as LayerEvent &
    PullEvent
const planned = (digest: string, action: 'download' | 'exists' = 'download', offset = 0) =>
  ({ digest, size: 100, action, offset }) as Parameters<typeof addPlanned>[1][number]

describe('the layers of a snapshot', () => {
  it('are those of the plan in its order, then others; known ones keep their state', () => {
    const known = [layer('x'), layer('b', { status: 'downloading', current: 9 })]
    const all = addPlanned(known, [
      planned('a'),
      planned('b'),
      planned('a'),
      planned('c', 'exists'),
      planned('d', 'download', 30),
    ])
    expect(all).toEqual([
      layer('a'),
      known[1],
      layer('c', { status: 'exists', current: 100, fetched: 100, unpacked: 100 }),
      layer('d', { current: 30, fetched: 30 }),
      known[0],
    ])
  })

  it('change by the events of their digest, and grow by those of others', () => {
    const layers = [layer('a'), layer('b')]
    const [first, second] = reduceLayer(layers, event('a', { host: 'h.test' }))
    expect(first).toEqual(layer('a', { status: 'downloading', current: 40, fetched: 40, host: 'h.test' }))
    expect(second).toBe(layers[1])
    expect(reduceLayer(layers, event('c')).map(({ digest }) => digest)).toEqual(['a', 'b', 'c'])
  })

  it('know when they were fetched, and when they are tried again', () => {
    const later = '2024-01-01T00:00:05.000Z'
    const [fetched] = reduceLayer([], event('a', { status: 'verifying', current: 0 }))
    expect(fetched).toMatchObject({ fetched: 100, fetchedAt: Date.parse(time) })
    const next = { ...event('a', { status: 'extracting', current: 10 }), time: later }
    expect(reduceLayer([fetched!], next)[0]).toMatchObject({ unpacked: 10, fetchedAt: Date.parse(time) })
    expect(reduceLayer([fetched!], event('a'))[0]).not.toHaveProperty('fetchedAt')
    const retry = { status: 'retrying', retryIn: 500, reason: 'it broke', attempt: 3 } as const
    const [waiting] = reduceLayer([], event('a', retry))
    expect(waiting).toMatchObject({ retry: { at: Date.parse(time) + 500, reason: 'it broke', attempt: 3 } })
    expect(reduceLayer([waiting!], event('a'))[0]).not.toHaveProperty('retry')
    expect(reduceLayer([], event('a', { status: 'retrying' }))[0]).toMatchObject({
      retry: { at: Date.parse(time), reason: '', attempt: 2 },
    })
  })
})

describe('the totals of a snapshot', () => {
  const plan = (unpack?: boolean) =>
    ({
      ...{ type: 'plan', layers: [planned('a'), planned('a'), planned('b', 'exists')] },
      bytes: { total: 200, toDownload: 100 },
      ...(unpack !== undefined && { unpack }),
    }) as unknown as Parameters<typeof plannedTotals>[0]
  const layers = [layer('a'), layer('b', { status: 'exists', fetched: 100, unpacked: 100 })]

  it('have the bytes to download, and those to unpack of missing layers', () => {
    const totals = { total: 200, toDownload: 100, toUnpack: 100, fetched: 100, unpacked: 0, fraction: 0 }
    expect(plannedTotals(plan(), layers, {})).toEqual(totals)
    expect(plannedTotals(plan(false), layers, {})).toMatchObject({ toUnpack: 0 })
    expect(plannedTotals(plan(true), layers, { target: 'oci:out' })).toMatchObject({ toUnpack: 0 })
    expect(plannedTotals(plan(), layers, { totals: { ...totals, fraction: 0.7 } }).fraction).toBe(0.7)
  })

  it('have a fraction that rises with downloads and unpacking, never falls and stays below 1', () => {
    const start = plannedTotals(plan(), layers, {})
    const after = (fetched: number, unpacked: number) =>
      totalsAfter(start, [{ ...layers[0]!, fetched, unpacked }, layers[1]!])
    expect(after(50, 0)).toMatchObject({ fetched: 150, unpacked: 0, fraction: 0.25 })
    expect(after(100, 50)).toMatchObject({ fetched: 200, unpacked: 50, fraction: 0.75 })
    expect(after(100, 100)).toMatchObject({ unpacked: 100, fraction: 0.99 })
    expect(totalsAfter({ ...start, fraction: 0.6 }, layers).fraction).toBe(0.6)
    const nothing = { ...start, toDownload: 0, toUnpack: 0 }
    expect(totalsAfter(nothing, []).fraction).toBe(0.99)
  })
})

describe('the events of a pull', () => {
  it('are those of its own types', () => {
    const own = ['manifest', 'platform', 'plan', 'layer', 'request', 'warning', 'image', 'copied']
    for (const type of own) expect(toPullEvent({ type })).toEqual({ type })
    for (const type of ['mine', 'end', 'start', 'toString']) expect(toPullEvent({ type })).toBeUndefined()
  })
})
