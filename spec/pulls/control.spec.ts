/** What a program changes while pulls run: how fast they are. */
import { finished } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import type { Pull } from '../../puller/index.js'
import { eventsOf, largeImage, until, wanted } from '../support/watching.js'
import { Workbench } from '../support/workbench.js'

const bench = new Workbench()

/** Seconds from the first byte of a layer to the end of the last pull. */
async function secondsOf(pulls: readonly Pull[]): Promise<number> {
  const events = pulls.map(eventsOf)
  const all = Promise.all(pulls.map(({ done }) => done))
  await until(() => events.flat().some((event) => event.type === 'layer' && event.current > 0))
  const begin = performance.now()
  await all
  return (performance.now() - begin) / 1000
}

describe('a maximum rate', () => {
  it('holds over all pulls together, and is used up', async () => {
    const registry = await bench.registry()
    for (const name of ['one', 'other'])
      await putImage(registry, `team/${name}`, '1', largeImage(400_000, 300_000, 50_000))
    const windlass = await bench.puller({ bytesPerSecond: 500_000, stallTimeout: 200 })
    const pulls = ['one', 'other'].map((name) => windlass.pull(`${registry.host}/team/${name}:1`, wanted))
    const seconds = await secondsOf(pulls)
    expect(seconds).toBeGreaterThan(1_500_000 / 500_000 - 0.5) // the first chunk of each connection comes at once
    expect(seconds).toBeLessThan((1_500_000 / 500_000) * 1.2)
  })

  it('can be lowered and lifted while a pull runs', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', largeImage(1_000_000))
    const windlass = await bench.puller({ bytesPerSecond: 200_000 })
    const pull = windlass.pull(`${registry.host}/team/app:1`, wanted)
    const events = eventsOf(pull)
    const current = (): number =>
      events.reduce((most, event) => Math.max(most, event.type === 'layer' ? event.current : 0), 0)
    await until(() => current() > 0)
    windlass.limits.set({ bytesPerSecond: 1_000 })
    const before = current()
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(current() - before).toBeLessThan(150_000)
    windlass.limits.set({ bytesPerSecond: Infinity })
    const begin = performance.now()
    await pull.done
    expect(performance.now() - begin).toBeLessThan(2_000)
  })

  it('holds for copies and for files that are read', async () => {
    const [registry, target] = [await bench.registry(), await bench.registry({ push: true })]
    await putImage(registry, 'team/app', '1', largeImage(300_000))
    const windlass = await bench.puller({ bytesPerSecond: 300_000 })
    const name = `${registry.host}/team/app:1`
    const begin = performance.now()
    await windlass.copy(name, `${target.host}/team/app:1`, wanted).done
    const copied = performance.now()
    expect(copied - begin).toBeGreaterThan(600)
    const { stream } = await windlass.file(name, '/data0', wanted)
    await finished(stream.resume())
    expect(performance.now() - copied).toBeGreaterThan(600)
  })
})
