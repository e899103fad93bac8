/** Tests the automatic number of concurrent downloads. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import { faults } from '../../../lib/testing/registry/index.js'
import { largeImage, wanted } from '../../support/watching.js'
import { Workbench } from '../../support/workbench.js'

const bench = new Workbench()

describe('maxDownloads: auto', () => {
  it('raises the number of downloads if each connection is slow', { timeout: 60_000 }, async () => {
    const registry = await bench.registry({ bytesPerSecond: 100_000 })
    const image = largeImage(...Array.from({ length: 40 }, () => 60_000))
    await putImage(registry, 'team/app', '1', image)
    const windlass = await bench.puller({ maxDownloads: 'auto', maxUnpacks: 1 })
    expect(windlass.limits.get().maxDownloads).toBe(3)
    await windlass.pull(`${registry.host}/team/app:1`, wanted).done
    expect(windlass.limits.get().maxDownloads).toBeGreaterThan(3)
  })

  it('lowers the number when the registry refuses a download, and ends when `set` gives a number', async () => {
    const registry = await bench.registry()
    const image = largeImage(20_000, 30_000)
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.status(429, { reference: image.layers[0]!.digest }))
    const windlass = await bench.puller({ maxDownloads: 'auto', retries: 3 })
    await windlass.pull(`${registry.host}/team/app:1`, wanted).done
    expect(windlass.limits.get().maxDownloads).toBe(2)
    windlass.limits.set({ maxDownloads: 9 })
    registry.addFault(faults.status(429, { reference: image.layers[0]!.digest }))
    await windlass.pull(`${registry.host}/team/app:1`, { ...wanted, refresh: true }).done
    expect(windlass.limits.get().maxDownloads).toBe(9)
  })

  it('is also available on the command line', async () => {
    const { windlass } = await import('../../support/cli/test-terminal.js')
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', largeImage(20_000))
    const { store } = await bench.puller()
    const run = (count: string) =>
      windlass([
        'pull',
        '--max-downloads',
        count,
        '--store',
        store,
        '--platform',
        'linux/amd64',
        `${registry.host}/team/app:1`,
      ])
    expect((await run('auto')).code).toBe(0)
    const { code, err } = await run('many')
    expect([code, err]).toEqual([2, expect.stringContaining('a whole number from 1 to 1000, or "auto"')])
  })
})
