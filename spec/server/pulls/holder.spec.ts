import { describe, expect, it } from 'vitest'
import type { LayerSnapshot, PullSnapshot } from '../../../lib/events/index.js'
import { SteadyHolder, activeLayers, holderOf, mainHost } from '../../../server/pulls/holder.js'

const layer = (digest: string, more: Partial<LayerSnapshot> = {}): LayerSnapshot => ({
  digest,
  status: 'downloading',
  current: 1,
  total: 100,
  fetched: 1,
  unpacked: 0,
  ...more,
})
const fetched = (digest: string): LayerSnapshot => layer(digest, { status: 'downloaded', fetched: 100 })
const asked = (digest: string, reason = 'HTTP 429'): LayerSnapshot =>
  layer(digest, { status: 'retrying', retry: { at: 0, reason, attempt: 2 } })
const hold = (layers: readonly LayerSnapshot[], more: object = {}) =>
  holderOf({ layers, maxUnpacks: 2, unpacking: 0, network: 0, maxRate: 1_000, ...more })

describe('what holds the line of layers up', () => {
  it('is nothing if nothing is under way', () => {
    expect(hold([])).toBeNull()
    expect(hold([layer('a', { status: 'complete', unpacked: 100 })])).toBeNull()
  })

  it('is unpacking if all threads work and two layers wait for one, or nothing else is left', () => {
    const waiting = [fetched('a'), fetched('b')]
    const downloading = layer('c')
    expect(hold([...waiting, downloading], { unpacking: 2 })).toBe('unpacking')
    expect(hold([...waiting, downloading], { unpacking: 1 })).toBe('network')
    expect(hold([waiting[0]!, downloading], { unpacking: 2 })).toBe('network')
    expect(hold([waiting[0]!])).toBe('unpacking')
    expect(hold([layer('a', { status: 'extracting', unpacked: 1 })])).toBe('unpacking')
  })

  it('is the limit from nine tenths of it on', () => {
    expect(hold([layer('a')], { network: 900 })).toBe('limit')
    expect(hold([layer('a')], { network: 899 })).toBe('network')
  })

  it('is the registry if it asks half of the downloads to wait', () => {
    expect(hold([asked('a'), layer('b')])).toBe('registry')
    expect(hold([asked('a'), layer('b'), layer('c')])).toBe('network')
    expect(hold([asked('a', 'Too Many Requests')])).toBe('registry')
    expect(hold([asked('a', 'the line broke')])).not.toBe('registry')
  })

  it('changes only if most of the last five decisions agree', () => {
    const steady = new SteadyHolder()
    expect(steady.next('network')).toBe('network')
    for (let again = 0; again < 4; again++) steady.next('network')
    expect([steady.next('limit'), steady.next('limit'), steady.next('limit')]).toEqual([
      ...['network', 'network', 'limit'],
    ])
    expect(steady.next(null)).toBeNull()
    expect(steady.next('unpacking')).toBe('unpacking')
  })
})

describe('the layers of all pulls', () => {
  const pull = (layers: readonly LayerSnapshot[], more: object = {}) =>
    ({ phase: 'pulling', layers, ...more }) as unknown as PullSnapshot

  it('are those of pulls under way, each once, as far as it has come', () => {
    const ahead = layer('a', { fetched: 50 })
    const unpacked = layer('a', { fetched: 40, unpacked: 20 })
    expect(activeLayers([pull([layer('a')]), pull([ahead, layer('b')])])).toEqual([ahead, layer('b')])
    expect(activeLayers([pull([ahead]), pull([unpacked]), pull([layer('a')])])).toEqual([unpacked])
    expect(activeLayers([pull([ahead], { paused: true }), pull([ahead], { phase: 'done' })])).toEqual([])
  })

  it('come from the host of most downloads', () => {
    const from = (digest: string, host: string, more: object = {}) => layer(digest, { host, ...more })
    expect(mainHost([from('1', 'a'), from('2', 'b'), from('3', 'b'), layer('4')])).toBe('b')
    const ended = { status: 'complete', unpacked: 100 } as const
    expect(mainHost([from('1', 'a'), from('2', 'b', ended), from('3', 'b', ended)])).toBe('a')
    expect(mainHost([layer('1')])).toBeNull()
  })
})
