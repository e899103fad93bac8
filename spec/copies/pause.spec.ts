/** Pauses and priorities of running copies. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { emptySnapshot, reduce } from '../../lib/events/index.js'
import { type BuiltImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import type { Copy, OpenOptions, Windlass } from '../../puller/index.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  statuses,
  until,
  wanted,
} from '../support/watching.js'
import { Workbench } from '../support/workbench.js'

const bench = new Workbench()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Setting {
  readonly from: TestRegistry
  readonly to: TestRegistry
  readonly windlass: Windlass
  readonly image: BuiltImage
  readonly digest: string
  readonly start: (name?: string) => Copy
}

async function setting(
  sizes: readonly number[],
  { bytesPerSecond = Infinity, ...options }: OpenOptions & { readonly bytesPerSecond?: number } = {},
): Promise<Setting> {
  const [from, to] = [await bench.registry({ bytesPerSecond }), await bench.registry({ push: true })]
  const image = largeImage(...sizes)
  await putImage(from, 'team/app', '1', image)
  const windlass = await bench.puller(options)
  const start = (name = 'mirror/app'): Copy =>
    windlass.copy(`${from.host}/team/app:1`, `${to.host}/${name}:1`, wanted)
  return { from, to, windlass, image, digest: image.layers[0]!.digest, start }
}

/** A copy that has transferred some of a slow layer. */
async function begun(options: OpenOptions = {}) {
  const given = await setting([240_000], { bytesPerSecond: 300_000, ...options })
  const copy = given.start()
  const events = eventsOf(copy)
  await until(() => layerEvents(events, given.digest).some(({ current }) => current >= 30_000))
  return { ...given, copy, events }
}

const served = async (registry: TestRegistry, repository = 'mirror/app'): Promise<number> =>
  (await fetch(`${registry.url}/v2/${repository}/manifests/1`)).status

describe('a paused copy', () => {
  it('transfers nothing any more, then sends the blob anew, without a retry', async () => {
    const { from, to, digest, copy, events } = await begun({ retries: 1, stallTimeout: 300 })
    copy.pause()
    await sleep(250)
    const [sent, requests] = [from.bytesSent, to.requests.length]
    await sleep(700)
    expect([from.bytesSent, to.requests.length]).toEqual([sent, requests])
    expect(await served(to)).toBe(404)
    copy.resume()
    const done = await copy.done
    // The target may have taken the config just before the pause ended its upload.
    expect(done.blobs.copied + done.blobs.exists).toBe(2)
    expect(await served(to)).toBe(200)
    expect(blobRequests(from, digest)).toHaveLength(2)
    expect(statuses(events, digest)).toEqual(['copying', 'restart', 'copying', 'copied'])
    const control = events.filter(({ type }) => ['paused', 'resumed', 'warning', 'end'].includes(type))
    expect(control.map(({ type }) => type)).toEqual(['paused', 'resumed', 'end'])
  })

  it('is shown as paused by its snapshot, and ends a pause once', async () => {
    const { copy, events } = await begun()
    copy.pause()
    copy.pause()
    expect(eventsOf(copy).reduce(reduce, emptySnapshot)).toMatchObject({ paused: true })
    copy.resume()
    copy.resume()
    expect(eventsOf(copy).reduce(reduce, emptySnapshot)).not.toHaveProperty('paused')
    await copy.done
    copy.pause()
    expect(events.filter(({ type }) => ['paused', 'resumed'].includes(type))).toHaveLength(2)
  })

  it('requests nothing while it is paused from its start', async () => {
    const { from, to, start } = await setting([1_000])
    const copy = start()
    copy.pause()
    await sleep(100)
    expect([from.requests, to.requests]).toEqual([[], []])
    copy.resume()
    await copy.done
  })

  it.each(['manifest', 'blob', 'upload'] as const)(
    'repeats a request of kind %s that was in progress',
    async (kind) => {
      const { from, to, start } = await setting([1_000])
      for (const registry of [from, to]) registry.addFault(faults.slow(200, { kind }))
      const copy = start()
      await until(() => [...from.requests, ...to.requests].some((request) => request.kind === kind))
      copy.pause()
      await sleep(300)
      copy.resume()
      await copy.done
      expect(await served(to)).toBe(200)
    },
  )

  it('leaves its slots to other copies', async () => {
    const { windlass, copy } = await begun({ maxDownloads: 1 })
    const other = await setting([50_000, 60_000])
    copy.pause()
    await windlass.copy(`${other.from.host}/team/app:1`, `${other.to.host}/mirror/app:1`, wanted).done
    copy.resume()
    await copy.done
  })

  it('is cancelled, and closed with its puller, at once', async () => {
    const { copy } = await begun()
    copy.pause()
    await sleep(20)
    copy.cancel()
    await expect(copy.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await copy.closed({ within: 1_000 })
    const next = await begun()
    next.copy.pause()
    await next.windlass.close({ within: 1_000 })
    await expect(next.copy.done).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('copies the same index, whenever it was paused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(25), { minLength: 1, maxLength: 4 }), async (waits) => {
        const { from, to, windlass } = await setting([1_000])
        const index = buildIndex([largeImage(30_000, 20_000), largeImage(10_000)])
        await putImage(from, 'team/all', '1', index)
        const copy = windlass.copy(`${from.host}/team/all:1`, `${to.host}/mirror/all:1`, {
          allPlatforms: true,
        })
        for (const wait of waits) {
          await sleep(wait)
          copy.pause()
          await sleep(5)
          copy.resume()
        }
        expect((await copy.done).digest).toBe(index.manifest.digest)
        expect(await served(to, 'mirror/all')).toBe(200)
        await windlass.close()
      }),
      { numRuns: 12 },
    )
  })
})

describe('the priority of a copy', () => {
  it('lets its blobs go before those of others that wait', async () => {
    const { start, windlass, to } = await begun({ maxDownloads: 1 })
    const ended: string[] = []
    const other = await setting([20_000])
    const copies = ['late', 'early'].map((name) => {
      const copy = windlass.copy(`${other.from.host}/team/app:1`, `${to.host}/${name}/app:1`, wanted)
      void copy.done.then(() => ended.push(name))
      return copy
    })
    copies[1]!.priority = 1
    await Promise.all(copies.map(({ done }) => done))
    expect(ended).toEqual(['early', 'late'])
    expect(() => (start('x/y').priority = NaN)).toThrow('priority of a copy')
  })
})
