import { describe, expect, it } from 'vitest'
import type { LayerStatus } from '../../../lib/events/index.js'
import { measurePace, rateOf, startPace } from '../../../lib/events/pace.js'
import type { LayerSnapshot } from '../../../lib/events/snapshot-state.js'

const layer = (digest: string, status: LayerStatus, bytes: number, total = 10_000): LayerSnapshot => ({
  ...{ digest, status, current: bytes, total, fetched: bytes, unpacked: 0 },
})

describe('the pace of a pull', () => {
  const before = [layer('a', 'downloading', 1_000), layer('b', 'waiting', 0)]
  const paceAfter = (after: readonly LayerSnapshot[]) =>
    measurePace({ ...startPace(0), download: { bytes: 1, milliseconds: 0 } }, { before, after, at: 1_000 })

  it('counts the bytes that have arrived since the last event', () => {
    const { download } = paceAfter([layer('a', 'downloading', 6_000), layer('b', 'waiting', 0)])
    expect(rateOf(download)).toBeCloseTo(5, 1)
  })

  it.each(['exists', 'mounted'] as const)(
    'does not count the bytes of a layer that the target has already: %s',
    (status) => {
      const other = { ...layer('b', status, 10_000), unpacked: 10_000 }
      const pace = paceAfter([layer('a', 'downloading', 6_000), other])
      expect(rateOf(pace.download)).toBeCloseTo(5, 1)
      expect(pace.downloadBy.map(rateOf)).toEqual([expect.closeTo(5, 1)])
      expect(rateOf(pace.unpack)).toBeUndefined()
    },
  )
})
