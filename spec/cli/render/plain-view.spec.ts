import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PlainView, figuresInterval } from '../../../cli/render/plain-view.js'
import { PullEventLog } from '../../../lib/events/index.js'
import { digest } from './snapshots.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A pull of one layer of 10 MB. */
function pullOf(reference: string) {
  const log = new PullEventLog()
  const layer = (current: number): void =>
    log.emit({ type: 'layer', digest: digest('a'), status: 'downloading', current, total: 10_000_000 })
  return {
    log,
    layer,
    start: () => log.emit({ type: 'start', reference, platform: 'linux/amd64' }),
    plan: () =>
      log.emit({
        type: 'plan',
        layers: [{ digest: digest('a'), size: 10_000_000, action: 'download', offset: 0 }],
        bytes: { total: 10_000_000, toDownload: 10_000_000 },
        unpack: false,
      }),
  }
}

function viewed() {
  const stream = new PassThrough()
  const view = new PlainView(stream)
  return { view, lines: () => ((stream.read() as Buffer | null)?.toString() ?? '').split('\n').slice(0, -1) }
}

describe('plain lines', () => {
  it('tell the figures of each pull every five seconds', () => {
    const { view, lines } = viewed()
    const [a, b] = [pullOf('a:1'), pullOf('b:1')]
    void view.add(a.log.events, 'a').settle()
    void view.add(b.log.events, 'b').settle()
    for (const each of [a, b]) each.start()
    a.plan()
    for (let second = 0; second < 4; second++) {
      a.layer(second * 1_000_000)
      vi.advanceTimersByTime(1_000)
    }
    a.layer(4_000_000)
    lines()
    vi.advanceTimersByTime(figuresInterval - 4_000)
    expect(lines()).toEqual([
      expect.stringMatching(/^\[a\] 40 %, 4\.00 MB of 10\.0 MB, \d+ kB\/s, 0 of 1 layers, \d+s left$/),
      '[b] resolving',
    ])
    vi.advanceTimersByTime(figuresInterval)
    expect(lines()).toHaveLength(2)
    view.close()
  })

  it('tell no figures of a pull that is paused or has ended, and leave no timer', async () => {
    const { view, lines } = viewed()
    const a = pullOf('a:1')
    const settled = view.add(a.log.events).settle()
    a.start()
    a.plan()
    a.log.emit({ type: 'paused' })
    lines()
    vi.advanceTimersByTime(2 * figuresInterval)
    expect(lines()).toEqual([])
    a.log.emit({ type: 'resumed' })
    vi.advanceTimersByTime(figuresInterval)
    expect(lines()).toEqual(['Resumed', expect.stringMatching(/^\[a:1\] 0 %, 0 B of 10\.0 MB, /)])
    a.log.end()
    await settled
    expect(vi.getTimerCount()).toBe(0)
  })
})
