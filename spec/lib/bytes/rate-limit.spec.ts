import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RateLimit } from '../../../lib/bytes/rate-limit.js'

/** A stream that always has more: it reads a chunk whenever it may. */
class Reader {
  read = 0
  #cancel: (() => void) | undefined
  #ended = false

  constructor(
    private readonly limit: RateLimit,
    private readonly chunk: number,
    private readonly onRead: (bytes: number) => void = () => undefined,
  ) {
    this.#next()
  }

  end(): void {
    this.#ended = true
    this.#cancel?.()
  }

  #next(): void {
    // Without a limit, a reader would never wait.
    for (let turn = 0; turn < 20_000 && !this.#ended; turn++) {
      this.read += this.chunk
      this.onRead(this.chunk)
      this.#cancel = this.limit.take(this.chunk, () => this.#next())
      if (this.#cancel !== undefined) return
    }
  }
}

const sum = (readers: readonly Reader[]): number => readers.reduce((bytes, { read }) => bytes + read, 0)

describe('a rate limit', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('limits all streams together in any ten seconds, and is fully used', () => {
    const streams = fc.array(fc.integer({ min: 100, max: 20_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.integer({ min: 50_000, max: 10_000_000 }), streams, (rate, chunks) => {
        const limit = new RateLimit(rate)
        const readers = chunks.map((chunk) => new Reader(limit, chunk))
        // Each stream has read one chunk before it is asked to wait.
        const ahead = chunks.reduce((bytes, chunk) => bytes + chunk, 0)
        const history: number[] = []
        for (let tenth = 0; tenth <= 200; tenth++) {
          history.push(sum(readers))
          vi.advanceTimersByTime(100)
        }
        for (let from = 0; from + 100 < history.length; from++) {
          const inTenSeconds = history[from + 100]! - history[from]!
          expect(inTenSeconds).toBeLessThanOrEqual(rate * 10.1 + ahead)
          expect(inTenSeconds).toBeGreaterThanOrEqual(rate * 10 - rate * 0.01 - ahead)
        }
        for (const reader of readers) reader.end()
        expect(vi.getTimerCount()).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('gives streams equal shares, and does not let an idle stream catch up', () => {
    const limit = new RateLimit(100_000)
    const first = new Reader(limit, 1_000)
    vi.advanceTimersByTime(60_000)
    const before = first.read
    const second = new Reader(limit, 1_000)
    vi.advanceTimersByTime(10_000)
    expect(second.read).toBeGreaterThan(480_000)
    expect(second.read).toBeLessThan(520_000)
    expect(first.read - before).toBeGreaterThan(480_000)
  })

  it('compensates for idle time, up to a tenth of a second', () => {
    const limit = new RateLimit(100_000)
    vi.advanceTimersByTime(3_600_000)
    const reader = new Reader(limit, 1_000)
    expect(reader.read).toBeLessThanOrEqual(11_000)
    vi.advanceTimersByTime(1_000)
    expect(reader.read).toBeLessThanOrEqual(111_000)
  })

  it('can be changed at once, also for a waiting stream', () => {
    const limit = new RateLimit(1)
    const reader = new Reader(limit, 50_000)
    vi.advanceTimersByTime(1_000)
    expect(reader.read).toBe(50_000)
    limit.bytesPerSecond = 100_000
    vi.advanceTimersByTime(1_000)
    expect(reader.read).toBeGreaterThanOrEqual(100_000)
    expect(reader.read).toBeLessThanOrEqual(200_000)
    limit.bytesPerSecond = 1
    const slow = reader.read
    vi.advanceTimersByTime(10_000)
    expect(reader.read).toBe(slow)
    limit.bytesPerSecond = Infinity
    expect(reader.read).toBeGreaterThan(slow)
    reader.end()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('resumes every stream eventually, whatever rates are set and waiters cancelled', () => {
    const step = fc.oneof(
      fc.record({ rate: fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.constant(Infinity)) }),
      fc.record({ take: fc.integer({ min: 1, max: 100_000 }) }),
      fc.record({ leave: fc.nat(20) }),
      fc.record({ wait: fc.integer({ min: 0, max: 5_000 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const limit = new RateLimit(1_000)
        const waiting = new Map<number, () => void>()
        const gone = new Set<number>()
        const order: number[] = []
        let asked = 0
        for (const each of steps) {
          if ('rate' in each) limit.bytesPerSecond = each.rate
          else if ('wait' in each) vi.advanceTimersByTime(each.wait)
          else if ('take' in each) {
            const stream = asked++
            const cancel = limit.take(each.take, () => {
              expect(waiting.delete(stream)).toBe(true)
              order.push(stream)
            })
            if (cancel) waiting.set(stream, cancel)
          } else {
            const [stream, cancel] = [...waiting][each.leave % Math.max(1, waiting.size)] ?? []
            if (stream === undefined) continue
            cancel?.()
            waiting.delete(stream)
            gone.add(stream)
          }
        }
        limit.bytesPerSecond = 1_000_000
        vi.advanceTimersByTime(60_000)
        expect([...waiting.keys()]).toEqual([])
        expect(order.filter((stream) => gone.has(stream))).toEqual([])
        expect(order).toEqual([...order].sort((a, b) => a - b))
        expect(vi.getTimerCount()).toBe(0)
      }),
    )
  })

  it('does not wait if the limit is Infinity', () => {
    const limit = new RateLimit()
    for (let turn = 0; turn < 10; turn++) expect(limit.take(1_000_000_000, () => undefined)).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('admits streams one after the other, so that what they deliver at once stays within the limit', async () => {
    const rate = 200_000
    const limit = new RateLimit(rate)
    const opened: number[] = []
    for (let stream = 0; stream < 6; stream++)
      void limit.admit().then((share) => {
        // Each connection reads 128 KiB ahead.
        opened.push(performance.now())
        expect(share).toBeDefined()
      })
    const begin = performance.now()
    await vi.advanceTimersByTimeAsync(5_000)
    const seconds = opened.map((at) => (at - begin) / 1_000)
    expect(opened).toHaveLength(6)
    for (const [index, at] of seconds.entries()) expect(at).toBeCloseTo((index * 128 * 1024) / rate, 0)
    expect(seconds[0]).toBe(0)
    expect(seconds[5]).toBeGreaterThan(3)
  })

  it('stops counting what a stream reads ahead when the stream ends', async () => {
    const limit = new RateLimit(1_000)
    const first = await limit.admit()
    first.take(10, () => undefined)
    let isAdmitted = false
    void limit.admit().then(() => (isAdmitted = true))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(isAdmitted).toBe(false)
    first.end()
    await vi.advanceTimersByTimeAsync(1)
    expect(isAdmitted).toBe(true)
  })

  it('credits what a stream reads ahead once, also if its share is ended twice', async () => {
    const limit = new RateLimit(1_000)
    const share = await limit.admit()
    let isResumed = false
    limit.take(300_000, () => (isResumed = true))
    share.end()
    share.end() // as a body does at its end, and when it is destroyed
    await vi.advanceTimersByTimeAsync(290_000)
    expect(isResumed).toBe(false)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(isResumed).toBe(true)
  })

  it('admits a stream at once when its signal aborts, and waits for nothing then', async () => {
    const limit = new RateLimit(1)
    await limit.admit()
    const stop = new AbortController()
    const second = limit.admit(stop.signal)
    stop.abort()
    expect(await second).toBeDefined()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('listens to the signal of a stream only while the stream waits', async () => {
    const limit = new RateLimit(1_000)
    const { signal } = new AbortController()
    await limit.admit(signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const second = limit.admit(signal)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(getEventListeners(signal, 'abort')).not.toHaveLength(0)
    await vi.advanceTimersByTimeAsync(200_000)
    await second
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await limit.admit(AbortSignal.abort())
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of which nobody waits any more has no timer', () => {
    const limit = new RateLimit(1)
    const cancels = [1_000, 2_000].map((bytes) => limit.take(bytes, () => undefined))
    cancels[0]!()
    expect(vi.getTimerCount()).toBe(1)
    cancels[1]!()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not wake too early if the wait is longer than a timer can be', () => {
    const limit = new RateLimit(1)
    let isResumed = false
    limit.take(3_000_000, () => (isResumed = true))
    vi.advanceTimersByTime(2_999_000_000)
    expect(isResumed).toBe(false)
    vi.advanceTimersByTime(2_000_000)
    expect(isResumed).toBe(true)
  })
})
