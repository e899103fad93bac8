import { describe, expect, it } from 'vitest'
import { Flow, run } from '../../lib/flow/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { openStore } from '../../lib/store/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { fetch, pull, pullStages } from '../../pipelines/index.js'
import { createContext } from '../../puller/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const bench = new Workbench()

async function served() {
  const registry = await bench.registry()
  const image = imageOf(['base', 'app'])
  await putImage(registry, 'team/app', '1', image)
  return { registry, image, name: `${registry.host}/team/app:1` }
}

describe('a context', () => {
  it.each([
    ['pull', true],
    ['fetch', false],
  ])('runs the pipeline %s without a puller and closes all resources', async (_, unpack) => {
    const { name, image } = await served()
    const store = bench.path()
    const context = await createContext({ store })
    const stages = pullStages(context, await context.goal({ unpack }))
    const line = unpack ? pull(stages) : fetch(stages)
    const images: PulledImage[] = []
    const { done, closed } = run(Flow.of(context.request(name)).pipe(line), (each) => void images.push(each))
    await done
    await closed()
    await context.close()
    expect(images).toMatchObject([{ name, status: 'newer' }])
    expect(images[0]!.layers.every(({ rootfs }) => (rootfs !== undefined) === unpack)).toBe(true)
    const opened = await openStore(store)
    expect((await opened.names.list()).map((each) => each.name)).toEqual([name])
    expect(await opened.blobs.has(image.layers[0]!.digest)).toBe(true)
    await opened.close()
  })

  it('keeps the blobs of a goal that does not unpack, and may discard those of one that does', async () => {
    const context = await createContext({ store: bench.path() })
    const keepBlobs = false
    expect(await context.goal({ unpack: false, keepBlobs })).toMatchObject({ unpack: false, keepBlobs: true })
    expect(await context.goal({ keepBlobs })).toMatchObject({ unpack: true, keepBlobs: false })
    expect(await context.goal()).toMatchObject({ unpack: true, keepBlobs: true, refresh: false })
    await context.close()
  })

  it('refuses an option that does not exist', async () => {
    await expect(createContext({ stores: 'x' } as never)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
