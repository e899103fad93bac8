/** Downloads that fail: what is tried again and when, and what a failure leaves. */
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildIndex, putImage } from '../../lib/testing/images/index.js'
import { faults, problem } from '../../lib/testing/registry/index.js'
import { Store } from '../../lib/store/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { Workbench, blobPath, blobsIn, imageOf } from '../support/workbench.js'
import { blobRequests, eventsOf, layerEvents, statuses, until, wanted } from '../support/watching.js'

/** Milliseconds that no test waits for: what ends all the same did not wait. */
const weeks = 2 ** 31 - 1

describe('downloads', () => {
  const bench = new Workbench()

  /** A registry with an image of these layers, and a puller. */
  async function scene(image = imageOf(['base']), options: OpenOptions = {}) {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ retries: 5, ...options })
    const digests = image.layers.map(({ digest }) => digest)
    return { registry, puller, image, digests, name: `${registry.host}/team/app:1` }
  }

  describe('that fail', () => {
    it.each([403, 404, 400, 405, 501])('with %i are not tried again (S2-54, S3-14)', async (status) => {
      const { registry, puller, digests, name } = await scene()
      registry.addFault(faults.status(status, { reference: digests[0]!, times: Infinity }))
      await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ subject: { status } })
      expect(blobRequests(registry, digests[0]!)).toHaveLength(1)
    })

    it.each([408, 423, 429, 500, 502, 503, 504])(
      'with %i are tried five times in all (S2-50, S2-54, S3-14)',
      async (status) => {
        const { registry, puller, digests, name } = await scene()
        registry.addFault(faults.status(status, { reference: digests[0]!, times: Infinity }))
        await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ subject: { status } })
        expect(blobRequests(registry, digests[0]!)).toHaveLength(5)
      },
    )

    it('may come with the fifth attempt; each is told with its delay and its reason (S2-50, S2-51)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['base']), { retryDelay: 10 })
      registry.addFault(faults.status(500, { reference: digests[0]!, times: 4 }))
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      await pull.done
      const retries = layerEvents(events).filter(({ status }) => status === 'retrying')
      expect(retries.map(({ retryIn, attempt }) => [retryIn, attempt])).toEqual([
        [10, 2],
        [20, 3],
        [30, 4],
        [40, 5],
      ])
      for (const { reason } of retries) expect(reason).toContain('HTTP 500 (Internal Server Error)')
    })

    it('count the seconds to the next attempt down (S2-51)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['base']), { retryDelay: 2100 })
      registry.addFault(faults.status(500, { reference: digests[0]! }))
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      await pull.done
      const told = layerEvents(events).filter(({ status }) => status === 'retrying')
      expect(told.map(({ retryIn }) => retryIn)).toEqual([2100, 1100, 100])
    })

    it('obey Retry-After, and say so when it asks for too much (S2-51)', async () => {
      const { registry, puller, digests, name } = await scene()
      const [digest] = digests
      registry.addFault(faults.status(429, { reference: digest! }, { 'retry-after': '1' }))
      const begun = performance.now()
      await puller.pull(name, wanted).done
      expect(performance.now() - begun).toBeGreaterThanOrEqual(990)

      const other = await scene()
      other.registry.addFault(faults.status(503, { reference: digest! }, { 'retry-after': '86400' }))
      await expect(other.puller.pull(other.name, wanted).done).rejects.toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
        hint: expect.stringContaining('Try again in 24 hours') as string,
      })
      expect(blobRequests(other.registry, digest!)).toHaveLength(1)
    })

    it('are not waited for by who is cancelled in the delay (S2-52, S2-53)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['base']), { retryDelay: weeks })
      registry.addFault(faults.status(500, { reference: digests[0]!, times: Infinity }))
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      await until(() => statuses(events).includes('retrying'))
      pull.cancel()
      await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
      await pull.closed()
      expect(blobRequests(registry, digests[0]!)).toHaveLength(1)
    })

    it('hold no slot while they wait: another layer takes it (S2-51)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b']), {
        maxDownloads: 1,
        retryDelay: 300,
      })
      let failed = 0
      registry.hook(({ reference }) =>
        digests.some((digest) => digest === reference) && failed++ === 0
          ? problem(500, 'UNKNOWN', 'not yet')
          : undefined,
      )
      await puller.pull(name, wanted).done
      const order = registry.requests.flatMap(({ reference }) =>
        digests.some((digest) => digest === reference)
          ? [digests.findIndex((digest) => digest === reference)]
          : [],
      )
      expect([order[0] === order[2], order[0] === order[1], order.length]).toEqual([true, false, 3])
    })

    it('end the pull with the first error; the layers that were finished stay (S0-30)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b', 'c']))
      const [a, b, c] = digests
      registry.hook(async ({ reference }) => {
        const committed = (): boolean => existsSync(blobPath(puller.store, a!))
        if (reference === b || reference === c) await until(committed, 'the first layer')
        return undefined
      })
      for (const digest of [b!, c!]) registry.addFault(faults.status(404, { reference: digest }))
      await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
      expect(await blobsIn(puller.store)).toContain(a)
      expect(await puller.images()).toEqual([])
      const before = registry.requests.length
      await puller.pull(name, wanted).done
      const again = registry.requests.slice(before).map(({ reference }) => reference)
      expect(again).not.toContain(a)
    })

    it('start no other (S2-49)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b', 'c']), { maxDownloads: 1 })
      for (const digest of digests) registry.addFault(faults.status(404, { reference: digest }))
      const pull = puller.pull(name, wanted)
      await expect(pull.done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
      await pull.closed()
      expect(blobRequests(registry, ...digests)).toHaveLength(1)
    })

    it('for want of a place for their bytes are not tried again (S2-65)', async () => {
      const { registry, puller, digests, name } = await scene()
      await (await Store.open(puller.store)).close()
      await puller.images() // opens the store
      await rm(join(puller.store, 'partial'), { recursive: true, force: true })
      await writeFile(join(puller.store, 'partial'), '')
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      await expect(pull.done).rejects.toMatchObject({ exitCode: 7 })
      expect(statuses(events)).not.toContain('retrying')
      expect(blobRequests(registry, digests[0]!)).toHaveLength(0)
    })
  })

  describe('manifests and configs', () => {
    it('are tried again soon, and not as often as layers', async () => {
      const image = imageOf(['base'])
      const registry = await bench.registry()
      await putImage(registry, 'team/app', '1', buildIndex([image]))
      const puller = await bench.puller({ retries: 5 })
      const name = `${registry.host}/team/app:1`
      registry.addFault(faults.status(503, { kind: 'manifest', reference: '1', times: 2 }))
      registry.addFault(faults.status(503, { kind: 'manifest', reference: image.manifest.digest, times: 2 }))
      registry.addFault(faults.status(503, { reference: image.config.digest, times: 2 }))
      await puller.pull(name, wanted).done
      registry.addFault(faults.status(503, { kind: 'manifest', reference: '1', times: Infinity }))
      const before = registry.requests.length
      await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
      expect(registry.requests.slice(before)).toHaveLength(3)
    })

    it('of a registry that is not there fail soon, whatever the delay of layers', async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      const puller = await bench.puller({ retries: 5, retryDelay: weeks })
      await expect(puller.pull(`127.0.0.1:${port}/team/app:1`, wanted).done).rejects.toMatchObject({
        code: 'NETWORK',
        exitCode: 6,
      })
    })
  })
})
