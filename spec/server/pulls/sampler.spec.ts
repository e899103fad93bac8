import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type LayerSnapshot, type PullSnapshot, emptySnapshot } from '../../../lib/events/index.js'
import type { LimitValues } from '../../../puller/index.js'
import { Sampler } from '../../../server/pulls/sampler.js'

const layer = (digest: string, more: Partial<LayerSnapshot> = {}): LayerSnapshot => ({
  ...{ digest, status: 'downloading', current: 0, total: 10_000, fetched: 0, unpacked: 0 },
  ...more,
})
const pulling = (...layers: readonly LayerSnapshot[]): PullSnapshot => ({
  ...emptySnapshot,
  phase: 'pulling',
  layers,
})
const limits = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: Infinity } as LimitValues
const missing = join(tmpdir(), 'not', 'there')

/** A sampler, and its samples of pulls at given times, in seconds. */
function sampled(store = tmpdir()) {
  const sampler = new Sampler(store)
  const at = (seconds: number, pulls: Record<string, PullSnapshot>, more: Partial<LimitValues> = {}) =>
    sampler.take(new Map(Object.entries(pulls)), { ...limits, ...more }, seconds * 1_000)
  return { sampler, at }
}

describe('the samples of the running pulls', () => {
  it('are rates since the sample before; the first one is only remembered', async () => {
    const { at } = sampled()
    expect(await at(1, { a: pulling(layer('x', { fetched: 1_000 })) })).toBeUndefined()
    const next = await at(3, { a: pulling(layer('x', { fetched: 4_001, unpacked: 1_000 })) })
    expect(next!.pulls['a']).toEqual({ at: 3_000, network: 1_501, disk: 500, holder: 'network' })
    expect(next!.line).toMatchObject({ at: 3_000, network: 1_501, disk: 500, holder: 'network', host: null })
    // Two samples at one time have no rate.
    expect(await at(3, { a: pulling(layer('x', { fetched: 5_000 })) })).toBeUndefined()
  })

  it('count a layer that several pulls share once for the line, and for each pull', async () => {
    const { at } = sampled()
    const both = (fetched: number) => ({
      a: pulling(layer('x', { fetched })),
      b: pulling(layer('x', { fetched: fetched - 100 })),
    })
    await at(1, both(1_000))
    const { line, pulls } = (await at(2, both(3_000)))!
    expect([line.network, pulls['a']!.network, pulls['b']!.network]).toEqual([2_000, 2_000, 2_000])
  })

  it('do not count what a layer had when it was seen first, nor what the store had', async () => {
    const { at } = sampled()
    await at(1, { a: pulling(layer('x')) })
    const later = pulling(layer('x', { fetched: 10 }), layer('y', { fetched: 5_000 }))
    expect((await at(2, { a: later }))!.line.network).toBe(10)
    const stored = layer('y', { status: 'exists', fetched: 9_000 })
    expect((await at(3, { a: pulling(layer('x', { fetched: 10 }), stored) }))!.line.network).toBe(0)
    // A pull that has just begun, too.
    const other = pulling(layer('z', { fetched: 7_000 }))
    expect((await at(4, { a: pulling(layer('x', { fetched: 10 })), b: other }))!.pulls['b']!.network).toBe(0)
  })

  it('are never negative: a download that starts over has fewer bytes', async () => {
    const { at } = sampled()
    await at(1, { a: pulling(layer('x', { fetched: 5_000, unpacked: 100 })) })
    const { line } = (await at(2, { a: pulling(layer('x', { fetched: 10, unpacked: 0 })) }))!
    expect([line.network, line.disk]).toEqual([0, 0])
  })

  it('begin again after a reset: the time between is no part of a rate', async () => {
    const { sampler, at } = sampled()
    await at(1, { a: pulling(layer('x')) })
    sampler.reset()
    expect(await at(60, { a: pulling(layer('x', { fetched: 5_000 })) })).toBeUndefined()
    expect((await at(61, { a: pulling(layer('x', { fetched: 6_000 })) }))!.line.network).toBe(1_000)
  })

  it('decide what holds each pull for itself, with the threads and the rate of all', async () => {
    const { at } = sampled()
    const waiting = layer('w', { status: 'downloaded', fetched: 10_000 })
    const pulls = (fetched: number) => ({
      a: pulling(layer('x', { fetched, host: 'quay.io' })),
      b: pulling(waiting, { ...waiting, digest: 'v' }),
      c: pulling(layer('t', { status: 'extracting', unpacked: 1 })),
      d: pulling(),
    })
    await at(1, pulls(0))
    const { line, pulls: each } = (await at(2, pulls(1_000), { maxUnpacks: 1 }))!
    expect(Object.entries(each).map(([id, { holder }]) => [id, holder])).toEqual([
      ['a', 'network'],
      ['b', 'unpacking'],
      ['c', 'unpacking'],
      ['d', null],
    ])
    expect([line.holder, line.host]).toEqual(['unpacking', 'quay.io'])
    expect((await at(3, pulls(2_000), { maxUnpacks: 9, bytesPerSecond: 1_000 }))!.pulls['a']!.holder).toBe(
      'network', // one decision of five
    )
  })

  it('forget what held a pull that has ended: another one with its id begins anew', async () => {
    const { at } = sampled()
    const a = pulling(layer('x'))
    for (let seconds = 1; seconds < 8; seconds++) await at(seconds, { a })
    await at(8, {})
    const limited = (await at(9, { a }, { bytesPerSecond: 0 }))!
    expect(limited.pulls['a']!.holder).toBe('limit')
  })

  it('have the free bytes of the file system, also before the store exists, and when nothing runs', async () => {
    const { sampler, at } = sampled(missing)
    await at(1, {})
    expect((await at(2, {}))!.line.freeBytes).toBeGreaterThan(0)
    const idle = await sampler.idle(7)
    expect(idle).toEqual({
      ...{ at: 7, network: 0, disk: 0, holder: null, host: null },
      freeBytes: expect.any(Number) as number,
    })
  })
})
