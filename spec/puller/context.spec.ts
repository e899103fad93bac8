import { writeFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { Flow, run } from '../../lib/flow/index.js'
import { formatPlatform, hostPlatform } from '../../lib/image/index.js'
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

  it('requests an image for the platform that is named', async () => {
    const context = await createContext({ store: bench.path() })
    expect(formatPlatform(context.request('app', { platform: 'linux/s390x' }).platform)).toBe('linux/s390x')
    expect(context.request('app').platform).toEqual(hostPlatform())
    expect(await context.goal({ refresh: true, whiteouts: 'aufs' })).toMatchObject({
      ...{ refresh: true, form: 'aufs' },
    })
    await context.close()
  })

  it('reads what a name without a registry means, but cannot choose between several', async () => {
    const registriesConf = bench.path()
    await writeFile(
      registriesConf,
      'unqualified-search-registries = ["one.example", "two.example"]\n[aliases]\n"app" = "three.example/app"\n',
    )
    const context = await createContext({ store: bench.path(), registriesConf })
    expect(context.request('app').name).toBe('three.example/app:latest')
    expect(() => context.request('tool')).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
    await context.close()
  })

  it('closes the threads, the store and the connections once, whoever closes it', async () => {
    const context = await createContext({ store: bench.path() })
    const closed = [context.pool, context.store, context.registries].map((part) => vi.spyOn(part, 'close'))
    await Promise.all([context.close(), context.close({ within: 5_000 }), context[Symbol.asyncDispose]()])
    for (const close of closed) expect(close).toHaveBeenCalledTimes(1)
  })

  it('refuses an option that does not exist', async () => {
    await expect(createContext({ stores: 'x' } as never)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
