import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { largeImage, until, wanted } from '../support/watching.js'
import { Workbench } from '../support/workbench.js'

describe('what a puller does', () => {
  const bench = new Workbench()
  const image = largeImage(50_000, 50_000)
  const idle = { active: 0, waiting: 0 }

  it('is nothing at first, then the downloads and unpacks that run and wait', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    for (const { digest } of image.layers) registry.addFault(faults.stall(10_000, { reference: digest }))
    const puller = await bench.puller({ maxDownloads: 1 })
    expect(puller.activity.load()).toEqual({ downloads: idle, unpacks: idle, received: 0 })
    const pull = puller.pull(`${registry.host}/team/app:1`, { ...wanted, unpack: false })
    await until(
      () => puller.activity.load().received > 10_000 && puller.activity.load().downloads.waiting > 0,
    )
    expect(puller.activity.load()).toMatchObject({ downloads: { active: 1, waiting: 1 }, unpacks: idle })
    pull.cancel()
    await pull.closed()
    expect(puller.activity.load()).toMatchObject({ downloads: idle, unpacks: idle })
    expect(puller.activity.load().received).toBeGreaterThan(10_000)
  })

  it('is reported as it starts, pulls and copies alike, also if a listener throws', async () => {
    const [registry, target] = [await bench.registry(), await bench.registry({ push: true })]
    await putImage(registry, 'team/app', '1', image)
    const warnings: string[] = []
    const puller = await bench.puller({ onWarning: (message, code) => warnings.push(`${code}: ${message}`) })
    const started: string[] = []
    puller.activity.started.subscribe(() => {
      throw new Error('a bug of the listener')
    })
    puller.activity.started.subscribe(({ id }) => started.push(id))
    const name = `${registry.host}/team/app:1`
    const pull = puller.pull(name, wanted)
    const copy = puller.copy(name, `${target.host}/team/app:1`, wanted)
    expect(started).toEqual([pull.id, copy.id])
    await Promise.all([pull.done, copy.done])
    expect(warnings).toEqual(['listener-failed: A listener of the pulls threw: a bug of the listener'])
  })
})
