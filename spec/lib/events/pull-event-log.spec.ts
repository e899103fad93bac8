import fc from 'fast-check'
import { map, Subscriber, take } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import {
  emptySnapshot,
  PullEventLog,
  reduce,
  type LayerStatus,
  type PullEvent,
  type PullSnapshot,
} from '../../../lib/events/index.js'
import { bodies, digests, image, manifest, plan, start } from './events.arbitrary.js'

/** A clock that the test moves. */
function clock(): { now: () => Date; pass: (ms: number) => void } {
  let at = Date.UTC(2026, 0, 1)
  return { now: () => new Date(at), pass: (ms) => (at += ms) }
}

function listen(channel: PullEventLog): PullEvent[] {
  const heard: PullEvent[] = []
  channel.events.subscribe((event) => heard.push(event))
  return heard
}

const layer = (status: LayerStatus, current: number, more: { host?: string; digest?: string } = {}) =>
  ({ type: 'layer', digest: digests[2]!, status, current, total: 1000, ...more }) as const

const told = (heard: readonly PullEvent[]): string[] =>
  heard.map((event) => (event.type === 'layer' ? `${event.status} ${event.current}` : event.type))

describe('PullEventLog', () => {
  it('numbers events from 1 without gaps, and dates them', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    const heard = listen(channel)
    channel.emit(start)
    pass(1500)
    channel.emit(manifest)
    expect(heard.map(({ seq, time, version }) => [version, seq, time])).toEqual([
      [1, 1, '2026-01-01T00:00:00.000Z'],
      [1, 2, '2026-01-01T00:00:01.500Z'],
    ])
  })

  it('has one start and one end, and completes after it', () => {
    const channel = new PullEventLog()
    const heard = listen(channel)
    const complete = vi.fn()
    channel.events.subscribe({ complete })
    channel.emit(start)
    channel.emit(start)
    channel.end()
    channel.end(new WindlassError('NETWORK', 'late'))
    channel.emit(manifest)
    expect(told(heard)).toEqual(['start', 'end'])
    expect(complete).toHaveBeenCalledTimes(1)
    // A later listener receives no event after `end` either.
    expect(told(listen(channel))).toEqual(['start', 'end'])
  })

  it.each([
    [undefined, 'done'],
    [new WindlassError('CANCELLED', 'stop'), 'cancelled'],
    [new WindlassError('NETWORK', 'reset'), 'failed'],
    [new TypeError('bug'), 'failed'],
  ])('reports the end of %s as %s', (error, outcome) => {
    const channel = new PullEventLog()
    const heard = listen(channel)
    channel.end(error)
    expect(heard).toMatchObject([
      { type: 'end', outcome, ...(error && { error: { message: error.message } }) },
    ])
  })

  it('reports at most one byte count per layer in 100 ms, and the last one before the status changes', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    const heard = listen(channel)
    for (let current = 0; current <= 900; current += 100) {
      channel.emit(layer('downloading', current))
      pass(30)
    }
    channel.emit(layer('verifying', 1000))
    expect(told(heard)).toEqual([
      'downloading 0',
      'downloading 400',
      'downloading 800',
      'downloading 900',
      'verifying 1000',
    ])
  })

  it('reports the next count after 100 ms, and after the clock was set back', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    const heard = listen(channel)
    for (const [current, ms] of [
      [1, 99],
      [2, 1],
      [3, -3_600_000],
      [4, 0],
    ] as const) {
      channel.emit(layer('downloading', current))
      pass(ms)
    }
    expect(told(heard)).toEqual(['downloading 1', 'downloading 3', 'downloading 4'])
  })

  it('does not call a listener that has unsubscribed', () => {
    const channel = new PullEventLog()
    const next = vi.spyOn(Subscriber.prototype, 'next')
    const leaving = channel.events.subscribe()
    channel.emit(start)
    expect(next).toHaveBeenCalled()
    leaving.unsubscribe()
    next.mockClear()
    channel.emit(manifest)
    expect(next).not.toHaveBeenCalled()
    next.mockRestore()
  })

  it('throttles each layer separately, and does not throttle a change of host', () => {
    const channel = new PullEventLog(clock().now)
    const heard = listen(channel)
    channel.emit(layer('downloading', 1, { host: 'one.example' }))
    channel.emit(layer('downloading', 2, { digest: digests[3]! }))
    channel.emit(layer('downloading', 3, { host: 'two.example' }))
    expect(told(heard)).toEqual(['downloading 1', 'downloading 2', 'downloading 3'])
  })

  it('reports an unreported count before the end', () => {
    const channel = new PullEventLog(clock().now)
    const heard = listen(channel)
    channel.emit(layer('downloading', 1))
    channel.emit(layer('downloading', 2))
    channel.end(new WindlassError('NETWORK', 'reset'))
    expect(told(heard)).toEqual(['downloading 1', 'downloading 2', 'end'])
  })

  it('reports unpacked bytes during the download, and nothing after the end of a layer', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    const heard = listen(channel)
    for (const [status, current] of [
      ['downloading', 10],
      ['extracting', 5],
      ['downloading', 1000],
      ['verifying', 1000],
      ['extracting', 6],
      ['downloading', 1000],
      ['complete', 1000],
      ['retrying', 0],
    ] as const) {
      channel.emit(layer(status, current))
      pass(200)
    }
    expect(told(heard)).toEqual([
      'downloading 10',
      'downloading 10',
      'downloading 1000',
      'verifying 1000',
      'extracting 6',
      'complete 1000',
    ])
    const counts = heard.flatMap((event) => (event.type === 'layer' ? [event.unpacked] : []))
    expect(counts).toEqual([undefined, 5, 5, 5, undefined, undefined])
  })

  it('replaces a count that falls without a restart by the previous one', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    const heard = listen(channel)
    for (const [status, current] of [
      ['downloading', 500],
      ['retrying', 400],
      ['downloading', 300],
      ['restart', 0],
      ['downloading', 200],
    ] as const) {
      channel.emit(layer(status, current))
      pass(200)
    }
    expect(told(heard)).toEqual([
      'downloading 500',
      'retrying 500',
      'downloading 500',
      'restart 0',
      'downloading 200',
    ])
  })

  it('names no host after a restart until another one serves the layer', () => {
    const channel = new PullEventLog()
    const heard = listen(channel)
    channel.emit(layer('downloading', 1, { host: 'mirror.example' }))
    channel.emit(layer('restart', 0))
    channel.emit(layer('downloading', 0))
    expect(heard.at(-1)).not.toHaveProperty('host')
    channel.emit(layer('downloading', 1, { host: 'registry.example' }))
    expect(heard.at(-1)).toMatchObject({ host: 'registry.example' })
  })

  it('repeats the host that serves a layer', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    const heard = listen(channel)
    channel.emit(layer('downloading', 1, { host: 'mirror.example' }))
    pass(200)
    channel.emit(layer('downloading', 2))
    expect(heard.at(-1)).toMatchObject({ host: 'mirror.example' })
  })

  it('replays a minimal list of past events to a late subscriber, then delivers new ones', () => {
    const { now, pass } = clock()
    const channel = new PullEventLog(now)
    for (const body of [start, manifest, plan]) channel.emit(body)
    for (const current of [0, 10, 20]) {
      channel.emit(layer('downloading', current))
      pass(200)
    }
    const late = listen(channel)
    expect(told(late)).toEqual(['start', 'manifest', 'plan', 'downloading 20'])
    channel.emit(image)
    channel.end()
    expect(told(late)).toEqual(['start', 'manifest', 'plan', 'downloading 20', 'image', 'end'])
    const complete = vi.fn()
    channel.events.subscribe({ complete })
    expect(complete).toHaveBeenCalledTimes(1)
  })

  /** Removes what depends on all earlier events: the measured rates and the highest fraction. */
  const withoutHistory = ({ totals, ...state }: PullSnapshot): object => ({
    ...{ ...state, pace: undefined },
    layers: state.layers.map((each) => ({ ...each, fetchedAt: undefined })),
    totals: totals && { ...totals, fraction: 0 },
  })

  it('leads every late listener to the same state as one that received all events', () => {
    fc.assert(
      fc.property(
        bodies,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 150 }),
        (all, at, step) => {
          const { now, pass } = clock()
          const channel = new PullEventLog(now)
          const early = listen(channel)
          const late: PullEvent[] = []
          all.forEach((body, index) => {
            if (index === at) channel.events.subscribe((event) => late.push(event))
            channel.emit(body)
            pass(step)
          })
          if (at >= all.length) channel.events.subscribe((event) => late.push(event))
          const [one, other] = [late, early].map((events) => events.reduce(reduce, emptySnapshot))
          expect(withoutHistory(one!)).toEqual(withoutHistory(other!))
          const numbers = late.map(({ seq }) => seq)
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('keeps the order for all listeners when one emits', () => {
    const channel = new PullEventLog()
    channel.events.subscribe((event) => {
      if (event.type === 'start') channel.emit(manifest)
    })
    const second = listen(channel)
    channel.emit(start)
    expect(second.map(({ seq, type }) => `${seq} ${type}`)).toEqual(['1 start', '2 manifest'])
  })

  it('keeps the order for a listener that emits during the replay', () => {
    const channel = new PullEventLog()
    channel.emit(start)
    channel.emit(plan)
    const heard: string[] = []
    channel.events.subscribe((event) => {
      heard.push(event.type)
      if (event.type === 'start') channel.emit(manifest)
    })
    expect(heard).toEqual(['start', 'plan', 'manifest'])
  })

  it('delivers an event once to a listener that subscribes during its delivery', () => {
    const channel = new PullEventLog()
    const inner: string[] = []
    channel.events.pipe(take(1)).subscribe(() => channel.events.subscribe(({ type }) => inner.push(type)))
    channel.emit(start)
    channel.emit(manifest)
    expect(inner).toEqual(['start', 'manifest'])
  })

  it('law 9: a listener that throws affects no other, and is reported once', async () => {
    const channel = new PullEventLog()
    const uncaught = vi.fn()
    process.on('uncaughtException', uncaught)
    const fail = (): never => {
      throw new Error('bad listener')
    }
    channel.events.subscribe(fail)
    channel.events.subscribe({ next: fail, complete: fail })
    channel.events.pipe(map(({ type }) => type)).subscribe(fail)
    channel.events.pipe(map(fail)).subscribe()
    const heard = listen(channel)
    expect(() => channel.emit(start)).not.toThrow()
    channel.emit(plan)
    channel.end()
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('uncaughtException', uncaught)
    expect(told(heard)).toEqual(['start', 'warning', 'plan', 'end'])
    expect(heard[1]).toMatchObject({
      code: 'listener-failed',
      message: expect.stringContaining('bad listener'),
    })
    expect(uncaught).not.toHaveBeenCalled()
  })

  it('lets a listener unsubscribe', () => {
    const channel = new PullEventLog()
    const heard: string[] = []
    const leaving = channel.events.subscribe(({ type }) => heard.push(type))
    channel.emit(start)
    leaving.unsubscribe()
    channel.emit(manifest)
    expect(heard).toEqual(['start'])
  })
})
