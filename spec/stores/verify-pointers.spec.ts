/** What stands in the place of a layer's pointer, and a lock that somebody else has: what `verify` makes of them. */
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../lib/image/index.js'
import { FileLock } from '../../lib/store/locks/file-lock.js'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, blobPath, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'

describe('verifying a store', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'app'])
  const blob = (at: number): Digest => image.layers[at]!.digest

  async function stored() {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const pulled = await puller.pull(`${registry.host}/team/app:1`, { platform }).done
    return { registry, puller, pulled }
  }

  it('puts a pointer in the place of a directory, and keeps the tree', async () => {
    const { puller, pulled } = await stored()
    const pointer = join(puller.store, 'layers', 'by-blob', ...blob(0).split(':'))
    await rm(pointer)
    await mkdir(join(pointer, 'sub'), { recursive: true })
    const kinds = async (repair: boolean) =>
      (await puller.verify({ repair })).problems.map(({ kind, repaired }) => [kind, repaired])
    expect(await kinds(false)).toEqual([
      ['tree', false],
      ['pointer', false],
    ])
    expect(await kinds(true)).toEqual([['tree', true]])
    expect(await kinds(false)).toEqual([])
    expect((await lstat(pointer)).isFile()).toBe(true)
    const again = await puller.pull(pulled.name, { platform }).done
    expect(again.status).toBe('up-to-date')
    expect(await readFile(join(again.layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
  })

  it('tells of a directory in the place of a pointer whose layer is gone, and a pull goes on over it', async () => {
    const { puller, pulled } = await stored()
    const pointer = join(puller.store, 'layers', 'by-blob', ...blob(0).split(':'))
    await rm(pointer)
    await mkdir(join(pointer, 'sub'), { recursive: true })
    await rm(join(pulled.layers[0]!.rootfs!, '..'), { recursive: true })
    expect((await puller.verify()).problems).toMatchObject([{ kind: 'pointer', digest: blob(0) }])
    const again = await puller.pull(pulled.name, { platform }).done
    expect(await readFile(join(again.layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
    await rm(pointer)
    await mkdir(pointer)
    await rm(join(again.layers[0]!.rootfs!, '..'), { recursive: true })
    expect((await puller.verify({ repair: true })).problems).toMatchObject([
      { kind: 'pointer', repaired: true },
    ])
    expect((await puller.verify()).problems).toEqual([])
  })

  it.each([false, true])('does not wait on for the lock of the store, with repair: %s', async (repair) => {
    const { puller, registry } = await stored()
    const { store } = puller
    if (repair) await writeFile(blobPath(store, blob(0)), Buffer.alloc(image.layers[0]!.size))
    await puller.close()
    const other = await bench.puller({ store })
    const lock = await FileLock.take(join(store, 'lock'))
    const stop = new AbortController()
    try {
      const verified = other.verify({ repair, signal: stop.signal })
      setTimeout(() => stop.abort(), 200)
      const late = delay(5_000, 'late', { ref: false })
      await expect(Promise.race([verified, late])).rejects.toMatchObject({ code: 'CANCELLED' })
    } finally {
      await lock?.release()
      await registry.close()
    }
  })
})
