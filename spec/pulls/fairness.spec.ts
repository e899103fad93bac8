/** Pulls of one puller share its downloads and its threads: a small image does not wait for all of a large one. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { Workbench } from '../support/workbench.js'
import { blobRequests, largeImage, until, wanted } from '../support/watching.js'

const layerRequests = (registry: TestRegistry, image: ReturnType<typeof largeImage>): number =>
  blobRequests(registry, ...image.layers.map(({ digest }) => digest)).length

describe('a small image beside a large one', () => {
  const bench = new Workbench()

  it('gets the next download that is free', async () => {
    const registry = await bench.registry({ bytesPerSecond: 100_000 })
    const [large, small] = [largeImage(...Array<number>(12).fill(30_000)), largeImage(1_000)]
    await putImage(registry, 'team/large', '1', large)
    await putImage(registry, 'team/small', '1', small)
    const puller = await bench.puller({ maxDownloads: 2, maxUnpacks: 8 }) // 11 layers of a pull wait at once
    const largePull = puller.pull(`${registry.host}/team/large:1`, wanted)
    await until(() => layerRequests(registry, large) === 2)
    const smallPull = puller.pull(`${registry.host}/team/small:1`, wanted)
    await until(() => layerRequests(registry, small) === 1)
    expect(layerRequests(registry, large)).toBeLessThanOrEqual(4)
    await smallPull.done
    await largePull.done
  })

  it('gets a download of an image that has one slow layer for each slot, which is resumed afterwards', async () => {
    // Each layer of the large image takes ten seconds.
    const registry = await bench.registry({ bytesPerSecond: 100_000 })
    const [large, small] = [largeImage(1_000_000, 1_000_000), largeImage(1_000)]
    await putImage(registry, 'team/large', '1', large)
    await putImage(registry, 'team/small', '1', small)
    const puller = await bench.puller({ maxDownloads: 2 })
    const largePull = puller.pull(`${registry.host}/team/large:1`, wanted)
    let complete = 0
    largePull.events.subscribe((event) => {
      if (event.type === 'layer' && event.status === 'complete') complete++
    })
    await until(() => layerRequests(registry, large) === 2)
    await puller.pull(`${registry.host}/team/small:1`, wanted).done
    expect(complete).toBe(0)
    await largePull.done
    expect(layerRequests(registry, large)).toBe(3)
    const resumed = registry.requests.filter(({ headers }) => headers['range'] !== undefined)
    expect(resumed).toHaveLength(1)
  }, 60_000)
})
