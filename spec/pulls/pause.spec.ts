/** Pauses and priorities of running pulls. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PullEvent, emptySnapshot, reduce } from '../../lib/events/index.js'
import { type BuiltImage, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import type { OpenOptions, Pull, Windlass } from '../../puller/index.js'
import { violationsOf } from '../../testbench/events/violations.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  rangesOf,
  statuses,
  until,
  wanted,
} from '../support/watching.js'
import { Workbench, blobsIn, stagedIn } from '../support/workbench.js'

const bench = new Workbench()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Served {
  readonly registry: TestRegistry
  readonly image: BuiltImage
  readonly name: string
  readonly digest: string
}

async function served(sizes: readonly number[], bytesPerSecond = Infinity): Promise<Served> {
  const registry = await bench.registry({ bytesPerSecond })
  const image = largeImage(...sizes)
  await putImage(registry, 'team/app', '1', image)
  return { registry, image, name: `${registry.host}/team/app:1`, digest: image.layers[0]!.digest }
}

/** A pull that has received some of a slow layer. */
async function begun(options: OpenOptions = {}) {
  const given = await served([240_000], 300_000)
  const windlass = await bench.puller(options)
  const pull = windlass.pull(given.name, wanted)
  const events = eventsOf(pull)
  await until(() => layerEvents(events, given.digest).some(({ current }) => current >= 30_000))
  const partial = join(windlass.store, 'partial', ...given.digest.split(':'))
  const received = async (): Promise<number> => (await stat(partial)).size
  return { ...given, windlass, pull, events, received }
}

const idle = (windlass: Windlass, name: string): Promise<unknown> => windlass.pull(name, wanted).done

describe('a paused pull', () => {
  it('receives nothing any more, then goes on where it was, without a retry', async () => {
    const { registry, digest, pull, events, received } = await begun({ retries: 1, stallTimeout: 300 })
    pull.pause()
    await sleep(250)
    const size = await received()
    const sent = registry.bytesSent
    await sleep(700)
    expect(await received()).toBe(size)
    expect(registry.bytesSent).toBe(sent)
    pull.resume()
    await pull.done
    const [first, second, ...more] = rangesOf(registry, digest)
    expect([first, second, more]).toEqual([undefined, `bytes=${size}-`, []])
    expect(statuses(events, digest)).not.toContain('retrying')
    expect(statuses(events, digest)).not.toContain('restart')
    const told = events.filter(({ type }) => ['paused', 'resumed', 'warning', 'end'].includes(type))
    expect(told.map(({ type }) => type)).toEqual(['paused', 'resumed', 'end'])
  })

  it('is told as paused to whoever looks, also to a late subscriber', async () => {
    const { pull, events } = await begun()
    pull.pause()
    pull.pause()
    expect(events.filter(({ type }) => type === 'paused')).toHaveLength(1)
    expect(eventsOf(pull).reduce(reduce, emptySnapshot)).toMatchObject({ phase: 'pulling', paused: true })
    pull.resume()
    pull.resume()
    expect(events.filter(({ type }) => type === 'resumed')).toHaveLength(1)
    expect(eventsOf(pull).reduce(reduce, emptySnapshot)).not.toHaveProperty('paused')
    await pull.done
    pull.pause()
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
  })

  it('requests nothing while it is paused from its start', async () => {
    const { registry, name } = await served([1_000])
    const pull = (await bench.puller()).pull(name, wanted)
    pull.pause()
    await sleep(100)
    expect(registry.requests).toEqual([])
    pull.resume()
    await pull.done
  })

  it('requests a manifest and a config again that were on their way', async () => {
    for (const kind of ['manifest', 'blob'] as const) {
      const { registry, name } = await served([1_000])
      registry.addFault(faults.slow(200, { kind }))
      const pull = (await bench.puller()).pull(name, wanted)
      await until(() => registry.requests.some((request) => request.kind === kind))
      pull.pause()
      await sleep(300)
      pull.resume()
      await pull.done
    }
  })

  it('leaves its slots for downloads and for unpacking to others', async () => {
    const { windlass, pull, digest, registry } = await begun({ maxDownloads: 1, maxUnpacks: 1 })
    const other = await served([50_000, 60_000])
    pull.pause()
    await idle(windlass, other.name)
    expect(blobRequests(registry, digest)).toHaveLength(1)
    pull.resume()
    await pull.done
  })

  it('is cancelled, and closed with its puller, at once', async () => {
    const { pull } = await begun()
    pull.pause()
    await sleep(20)
    pull.cancel()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pull.closed({ within: 1_000 })
    const next = await begun()
    next.pull.pause()
    await next.windlass.close({ within: 1_000 })
    await expect(next.pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('shares a layer that goes on for a pull that is not paused, and pauses once that leaves', async () => {
    const { windlass, name, pull, events, digest, registry } = await begun()
    const other = windlass.pull(name, wanted)
    await until(() => layerEvents(eventsOf(other), digest).length > 0)
    pull.pause()
    await other.done
    expect(rangesOf(registry, digest)).toEqual([undefined])
    expect(statuses(events, digest).at(-1)).toBe('complete')

    const second = await begun()
    const leaving = second.windlass.pull(second.name, wanted)
    await until(() => layerEvents(eventsOf(leaving), second.digest).length > 0)
    second.pull.pause()
    leaving.cancel()
    await leaving.closed()
    await sleep(50)
    const size = await second.received()
    await sleep(300)
    expect(await second.received()).toBe(size)
    second.pull.resume()
    await second.pull.done
    expect(rangesOf(second.registry, second.digest)).toEqual([undefined, `bytes=${size}-`])
  })

  it('waits for the delay of a retry that it was paused in, and counts the attempts before', async () => {
    const { registry, name, digest } = await served([200_000])
    registry.addFault(faults.status(503, { reference: digest, times: 2 }, { 'retry-after': '1' }))
    const pull = (await bench.puller({ retries: 2 })).pull(name, wanted)
    const events = eventsOf(pull)
    await until(() => statuses(events, digest).includes('retrying'))
    const begin = performance.now()
    pull.pause()
    await sleep(50)
    pull.resume()
    await expect(pull.done).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    expect(performance.now() - begin).toBeGreaterThan(800)
    expect(blobRequests(registry, digest)).toHaveLength(2)
  })

  it('begins the tree of an image again that it was paused in', async () => {
    const { name } = await served([3_000_000])
    const windlass = await bench.puller()
    await windlass.pull(name, wanted).done
    const directory = bench.path()
    const pull = windlass.unpack(name, directory, wanted)
    for (let times = 0; times < 5; times++) {
      await sleep(5)
      pull.pause()
      await sleep(5)
      pull.resume()
    }
    await pull.done
    await pull.closed()
    expect((await stat(join(directory, 'data0'))).size).toBe(3_000_000)
  })
})

describe('the priority of a pull', () => {
  it('decides who gets the next slot, also if it changes while the pulls wait', async () => {
    const registry = await bench.registry()
    const images = Array.from({ length: 4 }, () => largeImage(20_000))
    for (const [at, image] of images.entries()) await putImage(registry, `team/app${at}`, '1', image)
    const digests: string[] = images.map(({ layers }) => layers[0]!.digest)
    registry.addFault(faults.slow(400, { reference: digests[0]! }))
    const windlass = await bench.puller({ maxDownloads: 1 })
    const start = (at: number): Pull => windlass.pull(`${registry.host}/team/app${at}:1`, wanted)
    const first = start(0)
    await until(() => blobRequests(registry, digests[0]!).length > 0)
    const others = [start(1), start(2), start(3)]
    others[1]!.priority = 1
    const waits = (pull: Pull): boolean =>
      layerEvents(eventsOf(pull)).some(({ status }) => status === 'waiting')
    await until(() => others.every(waits))
    others[2]!.priority = 2
    expect(others.map(({ priority }) => priority)).toEqual([0, 1, 2])
    await Promise.all([first, ...others].map(({ done }) => done))
    const order = registry.requests.filter(({ reference }) => digests.includes(reference))
    expect(order.map(({ reference }) => digests.indexOf(reference))).toEqual([0, 3, 2, 1])
  })

  it('is a finite number', async () => {
    const { pull } = await begun()
    for (const wrong of [NaN, Infinity, '1', null, undefined])
      expect(() => {
        pull.priority = wrong as number
      }).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(pull.priority).toBe(0)
    await pull.done
  })
})

/** The state that a subscriber has, without what depends on the events that it missed: how fast the pull was, and restarts. */
function stateOf(events: readonly PullEvent[]): unknown {
  const { layers, totals, ...state } = events.reduce(reduce, emptySnapshot)
  return {
    ...{ ...state, pace: undefined },
    totals: totals && { ...totals, fraction: 0 },
    layers: layers.map((layer) => ({ ...layer, fetchedAt: undefined })),
  }
}

/** What is done to a pull, or to all of them, and after how long. */
const step = fc.record({
  pull: fc.nat(2),
  what: fc.constantFrom('pause', 'resume', 'priority', 'limits', 'rate', 'cancel', 'pause', 'resume'),
  value: fc.integer({ min: 1, max: 5 }),
  wait: fc.integer({ min: 0, max: 40 }),
})

const fault = fc.constantFrom(
  () => faults.reset(5_000),
  () => faults.truncate(20_000),
  () => faults.status(503),
  () => faults.slow(50),
)

describe('pulls that are controlled at random moments, with faults and cancellations', () => {
  it('lose, double and hold nothing', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 20 }),
        fc.array(fault, { maxLength: 4 }),
        async (steps, struck) => {
          const registry = await bench.registry({ bytesPerSecond: 400_000 })
          const shared = largeImage(60_000, 20_000)
          const own = largeImage(40_000, 3_000)
          await putImage(registry, 'team/app', '1', shared)
          await putImage(registry, 'team/own', '1', own)
          for (const each of struck) registry.addFault(each())
          const windlass = await bench.puller({ maxDownloads: 2, maxUnpacks: 1, retries: 8 })
          const pulls = ['app', 'app', 'own'].map((name) =>
            windlass.pull(`${registry.host}/team/${name}:1`, wanted),
          )
          const events = pulls.map(eventsOf)
          const late: (readonly [number, PullEvent[]])[] = []
          const cancelled = new Set<number>()
          for (const { pull, what, value, wait } of steps) {
            await sleep(wait)
            const given = pulls[pull]!
            late.push([pull, eventsOf(given)])
            if (what === 'pause') given.pause()
            else if (what === 'resume') given.resume()
            else if (what === 'priority') given.priority = value
            else if (what === 'limits') windlass.limits.set({ maxDownloads: value, maxUnpacks: value })
            else if (what === 'rate') windlass.limits.set({ bytesPerSecond: value * 200_000 })
            else if (value === 1) {
              given.cancel()
              cancelled.add(pull)
            }
          }
          for (const pull of pulls) pull.resume()
          const ends = await Promise.allSettled(pulls.map(({ done }) => done))
          for (const [at, end] of ends.entries()) {
            if (end.status === 'rejected') expect(cancelled.has(at), String(end.reason)).toBe(true)
            expect(violationsOf(events[at]!)).toEqual([])
          }
          for (const [at, own] of late) expect(stateOf(own)).toEqual(stateOf(events[at]!))
          await Promise.all(pulls.map((pull) => pull.closed({ within: 5_000 })))
          // Every slot is free again: the same images come whole, from the store or the registry.
          registry.clearFaults()
          for (const name of ['app', 'own']) await idle(windlass, `${registry.host}/team/${name}:1`)
          expect(await blobsIn(windlass.store)).toHaveLength(2 * 4)
          expect(await stagedIn(windlass.store)).toEqual([])
          const report = await windlass.verify()
          expect(report.problems).toEqual([])
          await windlass.close()
          await registry.close()
        },
      ),
      { numRuns: 25 },
    )
  })
})
