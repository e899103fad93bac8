import { describe, expect, it } from 'vitest'
import { assignSlots, noSlots } from '../../../lib/api/slots.js'
import { type LayerSnapshot, type PullSnapshot, emptySnapshot } from '../../../lib/events/index.js'

const layer = (digest: string, status: LayerSnapshot['status'] = 'downloading'): LayerSnapshot => ({
  ...{ digest, status, current: 1, total: 10, fetched: 1, unpacked: 0 },
})
const pulling = (...layers: LayerSnapshot[]): PullSnapshot => ({ ...emptySnapshot, phase: 'pulling', layers })
const limits = (maxDownloads: number) => ({ maxDownloads, maxUnpacks: 1 })
const downloads = (slots: ReturnType<typeof assignSlots>) => slots.downloads.map((each) => each?.digest)

describe('the slots of the line', () => {
  const three = assignSlots(noSlots, [['p', pulling(layer('a'), layer('b'), layer('c'))]], limits(3))

  it('are filled in the order of the layers', () => {
    expect(downloads(three)).toEqual(['a', 'b', 'c'])
  })

  it('keep a layer where it is, and give a free one to the next layer', () => {
    const after = assignSlots(three, [['p', pulling(layer('b'), layer('c'), layer('d'))]], limits(3))
    expect(downloads(after)).toEqual(['d', 'b', 'c'])
    const fewer = assignSlots(three, [['p', pulling(layer('c'))]], limits(3))
    expect(downloads(fewer)).toEqual([undefined, undefined, 'c'])
  })

  it.each([
    [2, ['c', 'b']],
    [1, ['b']],
  ])('beyond a limit of %d move to free ones', (limit, expected) => {
    const left = ['a', 'b', 'c'].filter((digest) => expected.includes(digest))
    const after = assignSlots(three, [['p', pulling(...left.map((digest) => layer(digest)))]], limits(limit))
    expect(downloads(after)).toEqual(expected)
  })

  it('beyond a limit stay until there is a free one', () => {
    const all = pulling(layer('a'), layer('b'), layer('c'))
    expect(downloads(assignSlots(three, [['p', all]], limits(1)))).toEqual(['a', 'b', 'c'])
  })

  it('list the pulls that share a layer, and none that is paused or has ended', () => {
    const paused: PullSnapshot = { ...pulling(layer('a')), paused: true }
    const ended: PullSnapshot = { ...pulling(layer('a')), phase: 'done' }
    const pulls = [pulling(layer('a')), paused, ended, pulling(layer('a'))]
    const after = assignSlots(
      noSlots,
      pulls.map((pull, at) => [String(at), pull] as const),
    )
    expect(after.downloads).toEqual([{ digest: 'a', pulls: ['0', '3'] }])
  })

  it.each<[LayerSnapshot['status'], number, boolean, boolean]>([
    ['waiting', 0, false, false],
    ['downloading', 0, true, false],
    ['downloading', 5, true, true],
    ['verifying', 5, true, true],
    ['downloaded', 5, false, true],
    ['downloaded', 10, false, false],
    ['extracting', 0, false, true],
    ['restart', 0, true, false],
    ['retrying', 5, true, false],
    ['complete', 10, false, false],
  ])('%s with %i bytes unpacked: a slot to download %s, to unpack %s', (status, unpacked, down, up) => {
    const each = { ...layer('a', status), unpacked }
    const { downloads: held, unpacks } = assignSlots(noSlots, [['p', pulling(each)]])
    expect([held.length > 0, unpacks.length > 0]).toEqual([down, up])
  })
})
