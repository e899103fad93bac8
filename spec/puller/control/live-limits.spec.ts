/** Tests limits that change while pulls run. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import { faults } from '../../../lib/testing/registry/index.js'
import { PullerLimits } from '../../../puller/control/live-limits.js'
import type { Windlass } from '../../../puller/index.js'
import { eventsOf, largeImage, layerEvents, until, wanted } from '../../support/watching.js'
import { Workbench, blobsIn } from '../../support/workbench.js'

const bench = new Workbench()

/** Starts a pull of an image whose layers all stall after their first bytes. */
async function stuck(windlass: Windlass, layers: number) {
  const registry = await bench.registry()
  const image = largeImage(...Array.from({ length: layers }, () => 20_000))
  await putImage(registry, 'team/app', '1', image)
  for (const { digest } of image.layers) registry.addFault(faults.stall(1_000, { reference: digest }))
  const pull = windlass.pull(`${registry.host}/team/app:1`, wanted)
  const events = eventsOf(pull)
  const digests: string[] = image.layers.map(({ digest }) => digest)
  const requested = (): number =>
    registry.requests.filter(({ kind, reference }) => kind === 'blob' && digests.includes(reference)).length
  return { registry, pull, events, requested }
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150))

describe('the automatic number of downloads', () => {
  it.each([
    [{ bytesPerSecond: 1_000 }, true],
    [{ maxUnpacks: 3 }, true],
    [{}, true],
    [{ maxDownloads: 3 }, false],
    [{ maxDownloads: 5, bytesPerSecond: 1_000 }, false],
  ])('ends when the number of downloads is set, and for no other limit: %j', (changes, isAuto) => {
    const limits = new PullerLimits({ maxDownloads: 'auto', maxUnpacks: 1 })
    limits.set(changes)
    expect(limits.isAuto).toBe(isAuto)
    const before = limits.get().maxDownloads
    limits.setAutoDownloads(before + 4)
    expect(limits.get().maxDownloads).toBe(isAuto ? before + 4 : before)
  })
})

describe('the limits of a puller', () => {
  it('start with the options of open and change individually with set', async () => {
    const windlass = await bench.puller({ maxDownloads: 4, maxUnpacks: 2 })
    expect(windlass.limits.get()).toEqual({ maxDownloads: 4, maxUnpacks: 2, bytesPerSecond: Infinity })
    windlass.limits.set({ maxDownloads: 7 })
    windlass.limits.set({ maxUnpacks: 3 })
    windlass.limits.set({ bytesPerSecond: 1_000 })
    windlass.limits.set({})
    expect(windlass.limits.get()).toEqual({ maxDownloads: 7, maxUnpacks: 3, bytesPerSecond: 1_000 })
  })

  it('are validated like options; an invalid value changes nothing', async () => {
    const windlass = await bench.puller({ maxDownloads: 4, maxUnpacks: 2 })
    const before = windlass.limits.get()
    const wrong: unknown[] = [
      { maxDownloads: 0 },
      { maxDownloads: 2, maxUnpacks: 1.5 },
      { maxDownloads: '3' },
      { bytesPerSecond: 0 },
      { maxDownload: 3 },
      3,
      null,
    ]
    for (const each of wrong)
      expect(() => windlass.limits.set(each as object), JSON.stringify(each)).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      )
    expect(windlass.limits.get()).toEqual(before)
  })

  it('allow a running pull more downloads when raised', async () => {
    const windlass = await bench.puller({ maxDownloads: 1, maxUnpacks: 1 })
    const { pull, requested } = await stuck(windlass, 8)
    await until(() => requested() === 1)
    await quiet()
    expect(requested()).toBe(1)
    windlass.limits.set({ maxDownloads: 8 })
    await until(() => requested() === 8)
    pull.cancel()
    await pull.closed()
  })

  it('limit a running pull to fewer downloads when lowered; the pull still ends', async () => {
    const windlass = await bench.puller({ maxDownloads: 3, retries: 2, stallTimeout: 300 })
    const { pull, requested, events } = await stuck(windlass, 5)
    await until(() => requested() === 3)
    windlass.limits.set({ maxDownloads: 1 })
    const image = await pull.done
    expect(image.layers).toHaveLength(5)
    const running = new Set<string>()
    let most = 0
    // After the first three have stalled, one layer at a time is downloaded.
    for (const { digest, status } of layerEvents(events)) {
      if (status === 'retrying') most = 0
      if (status === 'downloading') running.add(digest)
      else running.delete(digest)
      most = Math.max(most, running.size)
    }
    expect(most).toBe(1)
  })

  it('apply to later pulls, also if set before the store is opened', async () => {
    const windlass = await bench.puller({ maxDownloads: 1 })
    windlass.limits.set({ maxDownloads: 4 })
    const { pull, requested } = await stuck(windlass, 6)
    windlass.limits.set({ maxDownloads: 5 })
    await until(() => requested() === 5)
    await quiet()
    expect(requested()).toBe(5)
    pull.cancel()
    await pull.closed()
  })

  it('apply to copies', async () => {
    const windlass = await bench.puller({ maxDownloads: 1 })
    const [from, to] = [await bench.registry(), await bench.registry({ push: true })]
    const image = largeImage(...Array.from({ length: 6 }, () => 20_000))
    await putImage(from, 'team/app', '1', image)
    for (const { digest } of image.layers) from.addFault(faults.stall(1_000, { reference: digest }))
    const requested = (): number => from.requests.filter(({ kind }) => kind === 'blob').length
    const copy = windlass.copy(`${from.host}/team/app:1`, `${to.host}/team/app:1`, wanted)
    await until(() => requested() >= 1)
    windlass.limits.set({ maxDownloads: 6 })
    await until(() => requested() >= 6)
    copy.cancel()
    await copy.closed()
  })

  it('may change at any time during many pulls, which all end', async () => {
    const registry = await bench.registry()
    const images = Array.from({ length: 6 }, () => largeImage(30_000, 2_000, 500))
    for (const [at, image] of images.entries()) await putImage(registry, `team/app${at}`, '1', image)
    const windlass = await bench.puller()
    const pulls = images.map((_, at) => windlass.pull(`${registry.host}/team/app${at}:1`, wanted))
    const changing = setInterval(() => {
      const some = (): number => 1 + Math.floor(Math.random() * 5)
      windlass.limits.set({ maxDownloads: some(), maxUnpacks: some() })
    }, 1)
    try {
      const pulled = await Promise.all(pulls.map(({ done }) => done))
      expect(pulled).toHaveLength(6)
    } finally {
      clearInterval(changing)
    }
    expect(await blobsIn(windlass.store)).toHaveLength(6 * 5)
  })
})
