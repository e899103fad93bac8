import { describe, expect, it } from 'vitest'
import type { LayerEvent } from '../../../lib/events/index.js'
import { fetchedOf, initialEvent, nextEvent, unpackedOf } from '../../../lib/events/layer-order.js'

const event = (status: LayerEvent['status'], current = 0): LayerEvent => ({
  ...{ type: 'layer', digest: `sha256:${'a'.repeat(64)}`, status, current, total: 100 },
})

describe('the order of the events of a layer', () => {
  it.each(['complete', 'exists', 'copied', 'mounted'] as const)(
    'ends with %s, unless the layer is started over',
    (last) => {
      const before = event(last, 100)
      for (const status of ['downloading', 'extracting', 'retrying', 'complete'] as const)
        expect(nextEvent(before, event(status, 50))).toBeUndefined()
      expect(nextEvent(before, event('restart'))).toMatchObject({ status: 'restart', current: 0 })
    },
  )
  it('moves back only by a retry or a restart, and after one', () => {
    const back = (before: LayerEvent['status'], next: LayerEvent['status']) =>
      nextEvent(event(before, 60), event(next, 60))?.status
    expect(back('verifying', 'downloading')).toBeUndefined()
    expect(back('downloading', 'waiting')).toBeUndefined()
    for (const interruption of ['retrying', 'restart'] as const) {
      expect(back('downloading', interruption)).toBe(interruption)
      expect(back('verifying', interruption)).toBe(interruption)
      expect(back(interruption, 'waiting')).toBe('waiting')
      expect(back(interruption, 'downloading')).toBe('downloading')
    }
    expect(back('waiting', 'downloading')).toBe('downloading')
  })

  it('counts bytes that fall only at a restart', () => {
    const count = (before: LayerEvent, next: LayerEvent) => nextEvent(before, next)?.current
    expect(count(event('downloading', 60), event('downloading', 50))).toBe(60)
    expect(count(event('downloading', 60), event('downloading', 70))).toBe(70)
    expect(count(event('downloading', 60), event('retrying', 0))).toBe(60)
    expect(count(event('downloading', 60), event('restart', 0))).toBe(0)
    expect(count(event('verifying', 60), event('verifying', 50))).toBe(60)
    expect(count(event('verifying', 60), event('extracting', 50))).toBe(50)
    expect(count(event('extracting', 60), event('extracting', 50))).toBe(60)
  })

  it('shows unpacking as a part of the download, and not while that is interrupted', () => {
    const downloading = event('downloading', 60)
    expect(nextEvent(downloading, event('extracting', 40))).toEqual({ ...downloading, unpacked: 40 })
    expect(nextEvent({ ...downloading, unpacked: 50 }, event('extracting', 40))).toMatchObject({
      unpacked: 50,
    })
    expect(nextEvent(downloading, event('extracting', 200))).toMatchObject({ unpacked: 100 })
    expect(nextEvent(downloading, event('extracting', 0))).not.toHaveProperty('unpacked')
    for (const status of ['copying', 'retrying', 'restart'] as const)
      expect(nextEvent(event(status, 60), event('extracting', 40))).toBeUndefined()
    for (const status of ['downloading', 'retrying', 'verifying', 'downloaded'] as const)
      expect(nextEvent({ ...downloading, unpacked: 50 }, event(status, 80))).toMatchObject({ unpacked: 50 })
    expect(nextEvent({ ...downloading, unpacked: 50 }, event('restart'))).not.toHaveProperty('unpacked')
  })

  it('repeats the host, but not after a restart', () => {
    const known = { ...event('downloading', 60), host: 'a.test' }
    expect(nextEvent(known, event('downloading', 70))).toMatchObject({ host: 'a.test' })
    expect(nextEvent(known, { ...event('downloading', 70), host: 'b.test' })).toMatchObject({
      host: 'b.test',
    })
    expect(nextEvent(known, event('restart'))).toMatchObject({ host: 'a.test' })
    expect(nextEvent({ ...event('restart'), host: 'a.test' }, event('downloading', 1))).not.toHaveProperty(
      'host',
    )
  })
})

describe('the counts of a layer event', () => {
  it.each([
    ['waiting', 40, 10],
    ['downloading', 40, 10],
    ['copying', 40, 10],
    ['retrying', 40, 10],
    ['restart', 40, 10],
    ['verifying', 100, 10],
    ['downloaded', 100, 10],
    ['extracting', 100, 40],
    ['complete', 100, 100],
    ['exists', 100, 100],
    ['copied', 100, 100],
    ['mounted', 100, 100],
  ] as const)('are at %s: %d fetched and %d unpacked', (status, fetched, unpacked) => {
    const counted = { ...event(status, 40), unpacked: 10 }
    expect([fetchedOf(counted), unpackedOf(counted)]).toEqual([fetched, unpacked])
    expect(unpackedOf(event('downloading', 40))).toBe(0)
  })

  it('are at first those of the store', () => {
    const planned = { digest: event('waiting').digest, size: 100, offset: 30 } as const
    const initial = (action: 'download' | 'exists') => initialEvent({ ...planned, action })
    expect(initial('download')).toEqual({ ...event('waiting', 30) })
    expect(initial('exists')).toEqual({ ...event('waiting', 100) })
  })
})
