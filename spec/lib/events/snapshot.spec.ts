import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  emptySnapshot,
  PullEventLog,
  reduce,
  secondsLeft,
  type LayerStatus,
  type PullEvent,
  type PullEventBody,
  type PullSnapshot,
} from '../../../lib/events/index.js'
import { bodies, digests, image, manifest, plan, start } from './events.arbitrary.js'

/** Returns the snapshot after each event of a `PullEventLog` to which `emitted` are emitted, 200 ms apart. */
function states(emitted: readonly PullEventBody[]): { event: PullEvent; state: PullSnapshot }[] {
  let at = 0
  const channel = new PullEventLog(() => new Date((at += 200)))
  const seen: { event: PullEvent; state: PullSnapshot }[] = []
  channel.events.subscribe((event) =>
    seen.push({ event, state: reduce(seen.at(-1)?.state ?? emptySnapshot, event) }),
  )
  for (const body of emitted) channel.emit(body)
  return seen
}

const after = (...emitted: PullEventBody[]): PullSnapshot => states(emitted).at(-1)!.state

describe('reduce', () => {
  it('goes through the phases', () => {
    const all = [start, manifest, plan, image, { type: 'end', outcome: 'done' } as const]
    expect(states(all).map(({ state }) => state.phase)).toEqual([
      'resolving',
      'planning',
      'pulling',
      'pulling',
      'done',
    ])
  })

  it('states whether the pull is paused, but not after its end', () => {
    expect(after(start, { type: 'paused' })).toMatchObject({ paused: true })
    expect(after(start, { type: 'paused' }, { type: 'resumed' })).not.toHaveProperty('paused')
    expect(after(start, { type: 'paused' }, { type: 'end', outcome: 'cancelled' })).not.toHaveProperty(
      'paused',
    )
  })

  it('takes from the plan the distinct layers, their bytes in the store, and the totals', () => {
    const { layers, totals } = after(start, manifest, plan)
    expect(layers.map(({ status, current, fetched }) => [status, current, fetched])).toEqual([
      ['exists', 1000, 1000],
      ['waiting', 400, 400],
      ['waiting', 0, 0],
      ['waiting', 0, 0],
    ])
    expect(totals).toMatchObject({ fetched: 1400, total: 4000, toDownload: 2600 })
  })

  it('counts a layer that the plan lists twice once', () => {
    const [digest = ''] = digests
    const layer = { digest, size: 1000, action: 'download', offset: 0 } as const
    const bytes = { total: 1000, toDownload: 1000 }
    const { layers, totals } = after(start, { type: 'plan', layers: [layer, layer], bytes })
    expect(layers).toHaveLength(1)
    expect(totals).toMatchObject({ total: 1000, toDownload: 1000, toUnpack: 1000, unpacked: 0, fraction: 0 })
  })

  it('never returns to an earlier phase', () => {
    const all = [start, manifest, plan, manifest, start]
    expect(states(all).map(({ state }) => state.phase)).toEqual([
      ...['resolving', 'planning'],
      ...['pulling', 'pulling'],
    ])
  })

  it('counts all bytes of a layer that exists, whatever its offset', () => {
    const [digest] = digests
    const { layers, totals } = after({
      ...{ type: 'plan', bytes: { total: 1000, toDownload: 0 } },
      layers: [{ digest: digest!, size: 1000, action: 'exists', offset: 0 }],
    })
    const counts = { current: 1000, total: 1000, fetched: 1000, unpacked: 1000 }
    expect(layers).toEqual([{ digest, status: 'exists', ...counts }])
    expect(totals?.fetched).toBe(1000)
  })

  it('keeps a layer that the plan does not list', () => {
    const digest = `sha256:${'9'.repeat(64)}`
    const said = { type: 'layer', digest, status: 'downloading', current: 9, total: 10 } as const
    const { layers } = after(start, said, plan)
    expect(layers.at(-1)).toMatchObject({ digest, current: 9 })
    expect(layers).toHaveLength(after(start, plan).layers.length + 1)
  })

  it('keeps the state of a layer from before the plan', () => {
    const said = {
      type: 'layer',
      digest: digests[2]!,
      status: 'downloading',
      current: 9,
      total: 1000,
    } as const
    expect(after(start, said, plan).layers[2]).toMatchObject({ status: 'downloading', current: 9 })
  })

  it('counts a layer as fetched while it is extracted, however much of it has been read', () => {
    const layer = { type: 'layer', digest: digests[2]!, total: 1000 } as const
    const state = after(
      plan,
      { ...layer, status: 'verifying', current: 1000 },
      { ...layer, status: 'extracting', current: 5 },
    )
    expect(state.layers[2]).toMatchObject({ current: 5, fetched: 1000 })
    expect(state.totals?.fetched).toBe(2400)
  })

  it('states the time of a retry until it begins (S2-51)', () => {
    const layer = { type: 'layer', digest: digests[2]!, current: 3, total: 1000 } as const
    const retrying = states([
      plan,
      { ...layer, status: 'retrying', retryIn: 5000, reason: 'connection reset', attempt: 3 },
    ]).at(-1)!
    expect(retrying.state.layers[2]?.retry).toEqual({
      at: Date.parse(retrying.event.time) + 5000,
      reason: 'connection reset',
      attempt: 3,
    })
    const again = after(
      plan,
      { ...layer, status: 'retrying', retryIn: 5000 },
      { ...layer, status: 'downloading' },
    )
    expect(again.layers[2]).not.toHaveProperty('retry')
  })

  it('contains warnings, the chosen platform, the result and the error', () => {
    const state = after(
      start,
      { type: 'platform', chosen: 'linux/arm64/v8', digest: digests[1]!, rejected: [] },
      { type: 'warning', code: 'owners', message: 'not set' },
      image,
      { type: 'end', outcome: 'failed', error: { code: 'STORE_FULL', message: 'full', retryable: false } },
    )
    expect(state).toMatchObject({
      phase: 'failed',
      platform: 'linux/arm64/v8',
      warnings: [{ code: 'owners', message: 'not set' }],
      result: { status: 'newer', digest: digests[0] },
      error: { code: 'STORE_FULL' },
    })
    expect(state.result).not.toHaveProperty('seq')
  })

  it('is pure: the same events lead to the same state, and no state is modified', () => {
    fc.assert(
      fc.property(bodies, (all) => {
        const freeze = (state: PullSnapshot): PullSnapshot => {
          state.layers.forEach((layer) => Object.freeze(layer))
          Object.freeze(state.layers)
          return Object.freeze(state)
        }
        const events = states(all).map(({ event }) => event)
        const once = events.reduce((state, event) => freeze(reduce(state, event)), freeze(emptySnapshot))
        expect(events.reduce(reduce, emptySnapshot)).toEqual(once)
        expect(JSON.parse(JSON.stringify(once))).toEqual(once)
      }),
      { numRuns: 300 },
    )
  })

  it('of events of a `PullEventLog`: bytes fall only on a restart, and totals are known after the plan', () => {
    fc.assert(
      fc.property(bodies, (all) => {
        let before = emptySnapshot
        for (const { event, state } of states(all)) {
          for (const layer of state.layers) {
            const was = before.layers.find(({ digest }) => digest === layer.digest)
            const restarted = event.type === 'layer' && event.status === 'restart'
            if (was && !restarted) expect(layer.fetched).toBeGreaterThanOrEqual(was.fetched)
            expect(layer.fetched).toBeLessThanOrEqual(layer.total)
          }
          const planned = state.phase !== 'idle' && state.phase !== 'resolving' && state.phase !== 'planning'
          if (planned) expect(state.totals?.total).toBe(4000)
          const fetched = state.layers.reduce((sum, layer) => sum + layer.fetched, 0)
          if (state.totals) expect(state.totals.fetched).toBe(fetched)
          before = state
        }
      }),
      { numRuns: 500 },
    )
  })
})

const withPlan = (more: { readonly unpack: boolean }): PullEventBody => ({ ...plan, ...more })
const copyStart = { ...start, target: 'registry.example/a:1' } as PullEventBody

describe('the fraction', () => {
  const layer = (at: number, status: LayerStatus, current: number): PullEventBody => ({
    ...{ type: 'layer', digest: digests[at]!, status, current, total: 1000 },
  })

  it('counts each byte once as downloaded and once as unpacked', () => {
    // The store has 400 of 3000 bytes: 2600 are left to download and 3000 to unpack.
    expect(after(start, manifest, plan).totals).toMatchObject({ toUnpack: 3000, unpacked: 0, fraction: 0 })
    const half = after(start, plan, layer(2, 'downloading', 1000), layer(2, 'extracting', 400))
    expect(half.totals).toMatchObject({ unpacked: 400, fraction: 1400 / 5600 })
    expect(half.layers[2]).toMatchObject({ status: 'downloading', current: 1000, unpacked: 400 })
  })

  it('counts downloads alone if nothing is unpacked, and in a copy', () => {
    const stored = after(start, withPlan({ unpack: false }), layer(2, 'complete', 1000))
    expect(stored.totals).toMatchObject({ toUnpack: 0, unpacked: 0, fraction: 1000 / 2600 })
    const copy = after(copyStart, plan, layer(2, 'copied', 1000))
    expect(copy.totals).toMatchObject({ toUnpack: 0, fraction: 1000 / 2600 })
  })

  it('is below 1 until the pull is done, and then 1', () => {
    const layers = [1, 2, 3].map((at) => layer(at, 'complete', 1000))
    const running = after(start, plan, ...layers, image)
    expect(running.totals).toMatchObject({ unpacked: 3000, fraction: 0.99 })
    expect(after(start, plan, ...layers, image, { type: 'end', outcome: 'done' }).totals?.fraction).toBe(1)
    expect(after(start, plan, ...layers, { type: 'end', outcome: 'failed' }).totals?.fraction).toBe(0.99)
  })

  it('does not change while a download starts over, until it has more bytes than before', () => {
    const seen = states([
      ...[start, plan, layer(2, 'downloading', 800), layer(2, 'restart', 0)],
      ...[layer(2, 'downloading', 700), layer(2, 'downloading', 900)],
    ])
    const fractions = seen.slice(2).map(({ state }) => state.totals!.fraction * 5600)
    expect(fractions.map(Math.round)).toEqual([800, 800, 800, 900])
  })

  it('never falls, and is 1 once the pull is done and not before, whatever the layers do', () => {
    fc.assert(
      fc.property(bodies, fc.boolean(), (all, unpack) => {
        let before = 0
        for (const { event, state } of states(
          all.map((body) => (body.type === 'plan' ? withPlan({ unpack }) : body)),
        )) {
          const { fraction = 0, unpacked = 0, toUnpack = 0 } = state.totals ?? {}
          expect(fraction).toBeGreaterThanOrEqual(before)
          expect(fraction === 1).toBe(event.type === 'end' && event.outcome === 'done')
          expect(unpacked).toBeLessThanOrEqual(toUnpack)
          const left = secondsLeft(state)
          if (left !== undefined) expect(left).toBeGreaterThanOrEqual(0)
          if (left !== undefined) expect(left).toBeLessThan(Infinity)
          before = fraction
        }
      }),
      { numRuns: 500 },
    )
  })
})
