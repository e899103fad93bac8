/** What pulls of one puller share: transfers by digest, their progress, and their end. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults, problem } from '../../lib/testing/registry/index.js'
import type { Windlass } from '../../puller/index.js'
import { Workbench, fileNamed } from '../support/workbench.js'
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

describe('two pulls at the same time', () => {
  const bench = new Workbench()

  /** A registry that gives 60 kB of a layer at once, and the rest when it is let go on. */
  async function slow(): Promise<{
    registry: TestRegistry
    image: BuiltImage
    puller: Windlass
    name: string
    digest: string
  }> {
    const registry = await bench.registry({ bytesPerSecond: 300_000 })
    const image = largeImage(240_000)
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ retries: 1 })
    const { digest } = image.layers[0]!
    return { registry, image, puller, name: `${registry.host}/team/app:1`, digest }
  }

  const arrived = (events: ReturnType<typeof eventsOf>, digest: string, bytes: number) => (): boolean =>
    layerEvents(events, digest).some(({ current, status }) => status === 'downloading' && current >= bytes)

  it('of one reference bring each layer once, and have one result (S0-72, S2-46)', async () => {
    const registry = await bench.registry({ latency: 20 })
    const image = largeImage(1000, 2000, 3000)
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const [one, other] = await Promise.all([puller.pull(name, wanted).done, puller.pull(name, wanted).done])
    expect(other).toEqual({ ...one, status: other.status })
    for (const { digest } of image.layers) expect(blobRequests(registry, digest)).toHaveLength(1)
  })

  it('of different images share a layer by its digest, wherever it stands in them (S2-46)', async () => {
    const registry = await bench.registry({ latency: 20 })
    const shared = { entries: fileNamed('shared') }
    const one = buildImage({ layers: [shared, { entries: fileNamed('one') }] })
    const other = buildImage({ layers: [{ entries: fileNamed('other') }, shared] })
    await putImage(registry, 'team/one', '1', one)
    await putImage(registry, 'team/other', '1', other)
    const puller = await bench.puller()
    const [first, second] = await Promise.all([
      puller.pull(`${registry.host}/team/one:1`, wanted).done,
      puller.pull(`${registry.host}/team/other:1`, wanted).done,
    ])
    expect(blobRequests(registry, one.layers[0]!.digest)).toHaveLength(1)
    expect(first.layers[0]!.rootfs).toBe(second.layers[1]!.rootfs)
  })

  it('who comes late hears at once how far it has come, and from whom (S2-46)', async () => {
    const { registry, puller, name, digest } = await slow()
    const first = puller.pull(name, wanted)
    const seen = eventsOf(first)
    await until(arrived(seen, digest, 60_000))
    const here = layerEvents(seen, digest).at(-1)!.current
    const second = puller.pull(name, wanted)
    const late = eventsOf(second)
    await until(() => layerEvents(late, digest).length > 0)
    const [told] = layerEvents(late, digest)
    expect(told).toMatchObject({ status: 'downloading', host: registry.host })
    expect(told!.current).toBeGreaterThanOrEqual(here)
    await Promise.all([first.done, second.done])
    expect(rangesOf(registry, digest)).toEqual([undefined])
    expect(statuses(late, digest).at(-1)).toBe('complete')
  })

  it('goes on for the one when the other is cancelled, be it the first (S0-78)', async () => {
    const { registry, puller, name, digest } = await slow()
    const first = puller.pull(name, wanted)
    const seen = eventsOf(first)
    await until(arrived(seen, digest, 30_000))
    const second = puller.pull(name, wanted)
    await until(() => layerEvents(eventsOf(second), digest).length > 0)
    first.cancel()
    await expect(first.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await first.closed()
    const image = await second.done
    expect(rangesOf(registry, digest)).toEqual([undefined])
    expect(image.layers[0]!.digest).toBe(digest)
  })

  it('ends when the last one leaves: the transfer is broken off, its bytes are kept (S0-78, S2-64)', async () => {
    const { registry, puller, name, digest, image } = await slow()
    const pulls = [puller.pull(name, wanted), puller.pull(name, wanted)]
    const seen = pulls.map(eventsOf)
    for (const events of seen) await until(arrived(events, digest, 30_000))
    for (const pull of pulls) pull.cancel()
    for (const pull of pulls) {
      await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
      await pull.closed()
    }
    const path = join(puller.store, 'partial', ...digest.split(':'))
    const { size } = await stat(path)
    expect(size).toBeGreaterThanOrEqual(30_000)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await stat(path)).size).toBe(size)
    expect(size).toBeLessThan(image.layers[0]!.size)
    await expect(stat(`${path}.lock`)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(blobRequests(registry, digest)).toHaveLength(1)
  })

  it('fail together, and the next pull starts anew (S0-72)', async () => {
    const registry = await bench.registry({ latency: 20 })
    const image = largeImage(1000)
    await putImage(registry, 'team/app', '1', image)
    const { digest } = image.layers[0]!
    registry.addFault(faults.status(404, { reference: digest }))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const pulls = [puller.pull(name, wanted), puller.pull(name, wanted)]
    for (const pull of pulls) await expect(pull.done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    expect(blobRequests(registry, digest)).toHaveLength(1)
    await puller.pull(name, wanted).done
    expect(blobRequests(registry, digest)).toHaveLength(2)
  })

  it('of two repositories do not fail together where one of them refuses the layer', async () => {
    const registry = await bench.registry({ latency: 30 })
    const image = largeImage(1000)
    for (const repository of ['team/one', 'team/other']) await putImage(registry, repository, '1', image)
    const { digest } = image.layers[0]!
    const refusing = (status: number) =>
      registry.addFault(
        faults.answer(
          (good, { repository }) =>
            repository === 'team/one'
              ? problem(status, 'NO', 'no', { 'www-authenticate': 'Basic realm="x"' })
              : good,
          {
            reference: digest,
          },
        ),
      )
    for (const [status, code] of [
      [401, 'UNAUTHORIZED'],
      [403, 'DENIED'],
      [404, 'BLOB_UNKNOWN'],
    ] as const) {
      registry.clearFaults()
      refusing(status)
      const puller = await bench.puller()
      const before = blobRequests(registry, digest).length
      const first = puller.pull(`${registry.host}/team/one:1`, wanted)
      await until(() => blobRequests(registry, digest).length > before)
      const second = puller.pull(`${registry.host}/team/other:1`, wanted)
      const events = eventsOf(second)
      await expect(first.done).rejects.toMatchObject({ code })
      expect((await second.done).layers[0]!.digest).toBe(digest)
      expect(statuses(events, digest).at(-1)).toBe('complete')
      expect(
        blobRequests(registry, digest)
          .map(({ repository }) => repository)
          .slice(-2),
      ).toEqual(['team/one', 'team/other'])
    }
  })

  it('of two processes with one store bring each layer once', async () => {
    const registry = await bench.registry({ latency: 20 })
    const image = largeImage(1000, 2000)
    await putImage(registry, 'team/app', '1', image)
    const store = bench.path()
    const pullers = [await bench.puller({ store }), await bench.puller({ store })]
    const name = `${registry.host}/team/app:1`
    await Promise.all(pullers.map((puller) => puller.pull(name, wanted).done))
    for (const { digest } of image.layers) expect(blobRequests(registry, digest)).toHaveLength(1)
  })
})
