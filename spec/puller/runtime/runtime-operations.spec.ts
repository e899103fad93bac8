import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import type { PullOptions } from '../../../puller/index.js'
import { Workbench, imageOf } from '../../support/workbench.js'
import { ecdsa, pemOf } from '../../support/signing.js'

const bench = new Workbench()
const platform = 'linux/amd64'
const command = { config: { config: { Cmd: ['/run'] } } }
const policy = { keys: pemOf(ecdsa().publicKey) }

/** A puller that has pulled an image. */
async function pulled(options: PullOptions = {}, spec: Parameters<typeof imageOf>[1] = command) {
  const registry = await bench.registry()
  await putImage(registry, 'team/app', '1', imageOf(['base', 'app'], spec))
  const puller = await bench.puller()
  const name = `${registry.host}/team/app:1`
  await puller.pull(name, { platform, ...options }).done
  const before = registry.requests.length
  return { registry, puller, name, requests: () => registry.requests.length - before }
}
const method = 'copy'

describe('a mount of an image', () => {
  it('is made from the store without a request, listed, and removed by any path to it', async () => {
    const { puller, name, requests } = await pulled()
    const pulls: string[] = []
    const place = bench.path()
    await mkdir(place)
    const directory = join(place, 'app')
    const options = {
      platform,
      method,
      onPull: ({ id }: { readonly id: string }) => void pulls.push(id),
    } as const
    const mounted = await puller.mount(name, directory, options)
    expect(mounted).toMatchObject({ directory, image: name, method, writable: false, owners: undefined })
    expect(await readFile(join(directory, 'app'), 'utf8')).toBe('this is app')
    expect([pulls.length, requests()]).toEqual([1, 0])
    expect(await puller.mounts()).toMatchObject([{ directory, state: mounted.state }])
    const link = bench.path()
    await symlink(place, link)
    await puller.unmount(join(link, 'app'))
    expect([await puller.mounts(), existsSync(directory)]).toEqual([[], false])
    await expect(mounted.unmount()).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `No image of this store is mounted at "${directory}"` },
    })
  })

  it('is removed at the end of its block', async () => {
    const { puller, name } = await pulled()
    const directory = bench.path()
    {
      await using mounted = await puller.mount(name, directory, { platform, method, writable: true })
      expect(mounted.writable).toBe(true)
    }
    expect(await puller.mounts()).toEqual([])
  })

  it('unpacks the layers that the store has as blobs, without a request, and leaves the name as it is', async () => {
    const { puller, name, requests } = await pulled({ unpack: false })
    const [before] = await puller.images()
    await puller.mount(name, bench.path(), { platform, method })
    expect(requests()).toBe(0)
    const [after] = await puller.images()
    expect([after!.name, after!.digest]).toEqual([before!.name, before!.digest])
    expect((await puller.content.describe())[0]!.layers.every(({ unpackedSize }) => unpackedSize)).toBe(true)
  })

  it('is not made if its signal has aborted, a policy refuses the image, or the directory is in use', async () => {
    const { puller, name } = await pulled()
    const directory = bench.path()
    const mount = (options: object) => puller.mount(name, directory, { platform, method, ...options })
    await expect(mount({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(mount({ policy })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
    expect([await puller.mounts(), existsSync(directory)]).toEqual([[], false])
    await mkdir(join(directory, 'full'), { recursive: true })
    await expect(mount({})).rejects.toMatchObject({ code: 'USAGE' })
    expect(await puller.mounts()).toEqual([])
  })

  it('is none without a store, which is not created for the question', async () => {
    const puller = await bench.puller()
    expect(await puller.mounts()).toEqual([])
    await expect(puller.unmount(bench.path())).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(existsSync(puller.store)).toBe(false)
    await puller.close()
    await expect(puller.mounts()).rejects.toMatchObject({ code: 'USAGE' })
    await expect(puller.mount('app', '/x')).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('a bundle', () => {
  const argsIn = async (directory: string) =>
    (JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as { process: { args: string[] } })
      .process.args

  it('is made from the store without a request, with the options of the call', async () => {
    const { puller, name, requests } = await pulled()
    const directory = bench.path()
    await puller.bundle(name, directory, { platform, args: ['/bin/echo', 'x'] }).done
    expect(await argsIn(directory)).toEqual(['/bin/echo', 'x'])
    expect(await readFile(join(directory, 'rootfs', 'base'), 'utf8')).toBe('this is base')
    expect(requests()).toBe(0)
  })

  it('of an image that is pulled for it leaves no unpacked layers in the store, unless that is asked for', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base'], command))
    for (const unpack of [undefined, true]) {
      const puller = await bench.puller()
      const options = unpack === undefined ? { platform } : { platform, unpack }
      await puller.bundle(`${registry.host}/team/app:1`, bench.path(), options).done
      const [described] = await puller.content.describe()
      expect(described!.layers.map(({ unpackedSize }) => unpackedSize !== undefined)).toEqual([
        unpack === true,
      ])
    }
  })

  it.each([false, true])(
    'leaves no tree and no mount if its config cannot be written (mount: %s)',
    async (mount) => {
      const { puller, name } = await pulled({}, {})
      const directory = bench.path()
      await expect(puller.bundle(name, directory, { platform, mount }).done).rejects.toMatchObject({
        code: 'USAGE',
      })
      expect(existsSync(join(directory, 'rootfs'))).toBe(false)
      expect(await puller.mounts()).toEqual([])
    },
  )

  it('with a mount is removed with that', async () => {
    const { puller, name } = await pulled()
    const directory = bench.path()
    await puller.bundle(name, directory, { platform, mount: true }).done
    const rootfs = join(directory, 'rootfs')
    expect(await puller.mounts()).toMatchObject([{ directory: rootfs, writable: true }])
    expect(await argsIn(directory)).toEqual(['/run'])
    await puller.unmount(rootfs)
    expect(await puller.mounts()).toEqual([])
  })

  it('is not made of an image that a policy refuses although the store has it, nor by a puller that is closed', async () => {
    const { puller, name } = await pulled()
    const directory = bench.path()
    await expect(puller.bundle(name, directory, { platform, policy }).done).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
    })
    const signal = AbortSignal.abort()
    await expect(puller.bundle(name, directory, { platform, signal }).done).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(existsSync(directory)).toBe(false)
    await puller.close()
    expect(() => puller.bundle(name, directory)).toThrow('closed')
  })
})
