import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { AutoSlots } from '../../../lib/transfer/auto-slots.js'

const mbit = 125 // bytes per millisecond

interface Link {
  readonly name: string
  /** Bytes per millisecond of all connections together, by the number of connections. */
  readonly total: (connections: number) => number
  /** Bytes per millisecond of one connection. */
  readonly each: number
  /** Milliseconds between a request and its first byte. */
  readonly latency: number
  /** Connections above which the registry refuses requests. */
  readonly refusesAbove?: number
}

const links: readonly Link[] = [
  { name: 'loopback', total: () => 8000 * mbit, each: 4000 * mbit, latency: 1 },
  { name: 'data centre', total: () => 1000 * mbit, each: Infinity, latency: 1 },
  { name: 'data centre, 200 Mbit/s a connection', total: () => 2000 * mbit, each: 200 * mbit, latency: 2 },
  { name: 'office', total: () => 100 * mbit, each: Infinity, latency: 40 },
  { name: 'home', total: () => 50 * mbit, each: 30 * mbit, latency: 25 },
  { name: 'throttled, 20 Mbit/s a connection', total: () => 200 * mbit, each: 20 * mbit, latency: 60 },
  { name: 'throttled, 5 Mbit/s a connection', total: () => 100 * mbit, each: 5 * mbit, latency: 80 },
  { name: 'mobile', total: () => 16 * mbit, each: Infinity, latency: 120 },
  { name: 'satellite', total: () => 40 * mbit, each: 8 * mbit, latency: 600 },
  {
    name: 'slower with each connection',
    total: (n) => (200 * mbit) / (1 + 0.15 * (n - 1)),
    each: Infinity,
    latency: 5,
  },
  { name: 'refuses above 2', total: () => 100 * mbit, each: 40 * mbit, latency: 30, refusesAbove: 2 },
  { name: 'refuses above 1', total: () => 60 * mbit, each: 60 * mbit, latency: 30, refusesAbove: 1 },
]

interface Outcome {
  readonly milliseconds: number
  readonly refusals: number
  readonly slots: readonly number[]
}

/** Milliseconds before a refused request is sent again. */
const retryDelay = 1_000

/** Downloads layers over a link in virtual time, in steps of 10 ms. */
function download(link: Link, layers: readonly number[], limit: AutoSlots | number): Outcome {
  const step = 10
  const waiting = layers.map((bytes) => ({ bytes, notBefore: 0 }))
  let active: { left: number; starts: number }[] = []
  let [now, received, refusals] = [0, 0, 0]
  const slots: number[] = []
  while (waiting.length > 0 || active.length > 0) {
    const allowed = typeof limit === 'number' ? limit : limit.slots
    slots.push(allowed)
    while (active.length < allowed) {
      const next = waiting.findIndex(({ notBefore }) => notBefore <= now)
      if (next < 0) break
      const [layer] = waiting.splice(next, 1)
      if (active.length >= (link.refusesAbove ?? Infinity)) {
        refusals++
        waiting.push({ bytes: layer!.bytes, notBefore: now + retryDelay })
        if (typeof limit !== 'number') limit.recordRefusal(now)
        break
      }
      active.push({ left: layer!.bytes, starts: now + link.latency })
    }
    const flowing = active.filter(({ starts }) => starts <= now)
    const rate = Math.min(link.each, link.total(Math.max(1, flowing.length)) / Math.max(1, flowing.length))
    for (const connection of flowing) {
      const bytes = Math.min(connection.left, rate * step)
      connection.left -= bytes
      received += bytes
    }
    active = active.filter(({ left }) => left > 0)
    now += step
    if (typeof limit !== 'number')
      limit.sample(now, { bytes: received, active: active.length, waiting: waiting.length })
    if (now > 36e5) throw new Error('The download does not end')
  }
  return { milliseconds: now, refusals, slots }
}

/** Sizes of the layers of an image that takes about a minute at its best. */
const layersFor = (link: Link): number[] => {
  const bytes = Math.min(link.total(4), link.each * 16) * 60_000
  const weights = Array.from({ length: 80 }, (_, at) => 1 + ((at * 7) % 5))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => (bytes * weight) / sum)
}

describe('the automatic number of slots', () => {
  it.each(links)(
    'reaches 90 %% of the best fixed number, with no more refusals than the default: $name',
    (link) => {
      const layers = layersFor(link)
      const fixed = Array.from({ length: 16 }, (_, at) => download(link, layers, at + 1).milliseconds)
      const found = download(link, layers, new AutoSlots())
      // SHOW=1 prints the rows of docs/bench.md.
      if (process.env['SHOW'])
        console.log(
          '|',
          link.name,
          '|',
          (Math.min(...fixed) / found.milliseconds).toFixed(2),
          '|',
          (Math.min(...fixed) / fixed[2]!).toFixed(2),
          '|',
          found.refusals,
          '|',
          download(link, layers, 3).refusals,
          '|',
        )
      expect(Math.min(...fixed) / found.milliseconds).toBeGreaterThanOrEqual(0.9)
      expect(found.refusals).toBeLessThanOrEqual(download(link, layers, 3).refusals)
    },
  )

  it('stays from 1 to the maximum, whatever the samples are', () => {
    const act = fc.oneof(
      fc.record({ bytes: fc.nat(1e9), active: fc.nat(20), waiting: fc.nat(3) }),
      fc.constant('refused' as const),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (acts, max) => {
        const auto = new AutoSlots({ max })
        let [now, bytes] = [0, 0]
        for (const each of acts) {
          now += 100
          if (each === 'refused') auto.recordRefusal(now)
          else auto.sample(now, { ...each, bytes: (bytes += each.bytes) })
          expect(auto.slots).toBeGreaterThanOrEqual(1)
          expect(auto.slots).toBeLessThanOrEqual(max)
        }
      }),
    )
  })

  it('does not change while no layer waits for a slot', () => {
    const auto = new AutoSlots()
    for (let now = 0; now < 60_000; now += 100) auto.sample(now, { bytes: now, active: 3, waiting: 0 })
    expect(auto.slots).toBe(3)
  })

  it('falls once if several requests are refused together', () => {
    const auto = new AutoSlots({ start: 12 })
    for (const now of [1000, 1001, 1050]) auto.recordRefusal(now)
    expect(auto.slots).toBe(8)
  })

  it('does not rise for a minute after a refusal', () => {
    const slots = new AutoSlots({ start: 10 })
    const busy = (from: number, to: number): number => {
      for (let now = from; now < to; now += 100)
        slots.sample(now, { bytes: now * 1_000, active: slots.slots, waiting: 5 })
      return slots.slots
    }
    slots.recordRefusal(1_000)
    expect(slots.slots).toBe(6)
    expect(busy(1_100, 60_900)).toBe(6)
    expect(busy(61_000, 63_000)).toBeGreaterThan(6)
    const other = new AutoSlots({ start: 1 })
    other.recordRefusal(0)
    expect(other.slots).toBe(1)
  })
})
