/** Assembling the layers of an image when something is created at the target meanwhile. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import type { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { putImage } from '../../../../lib/testing/images/index.js'
import { Workbench, imageOf } from '../../../support/workbench.js'

/** The target that the system refuses to replace, as it does with a mount point of another user namespace. */
const busy = vi.hoisted(() => ({ target: '' }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<{ readonly rename: typeof rename }>()
  return {
    ...real,
    rename: (from: string, to: string) =>
      to === busy.target
        ? Promise.reject(
            Object.assign(new Error('EBUSY: busy'), { code: 'EBUSY', errno: -16, syscall: 'rename' }),
          )
        : real.rename(from, to),
  }
})

describe('the tree of an image', () => {
  const bench = new Workbench()

  it('does not replace a directory that was created meanwhile, and leaves no files next to it', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a', 'b']))
    const parent = bench.path()
    const target = join(parent, 'target')
    mkdirSync(parent, { recursive: true })
    const neighbour = setInterval(() => {
      if (readdirSync(parent).length === 0) return
      clearInterval(neighbour)
      mkdirSync(target, { recursive: true })
      writeFileSync(join(target, 'of-another'), '')
    }, 1)
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(
        `Cannot unpack into ${target}: something was created there in the meantime`,
      ) as string,
      subject: { path: target },
    })
    await pulling.closed()
    expect(readdirSync(target)).toEqual(['of-another'])
    expect(readdirSync(parent)).toEqual(['target'])
  })

  it('is not assembled if the target is not empty, which is reported at once', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a']))
    const target = bench.path()
    mkdirSync(target, { recursive: true })
    writeFileSync(join(target, 'mine'), '')
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${target}: the directory is not empty`,
    })
    await pulling.closed()
    expect(readdirSync(target)).toEqual(['mine'])
  })

  it('does not replace a symbolic link or its target', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a']))
    const parent = bench.path()
    const target = join(parent, 'target')
    mkdirSync(join(parent, 'real'), { recursive: true })
    symlinkSync('real', target)
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${target}: it is a symbolic link`,
      hint: 'Name the directory that it leads to.',
    })
    await pulling.closed()
    expect(readdirSync(join(parent, 'real'))).toEqual([])
    expect(readdirSync(parent).sort()).toEqual(['real', 'target'])
  })

  it('is rejected if a layer does not match the config, also if nothing else unpacks it', async () => {
    const registry = await bench.registry()
    const [a, other] = imageOf(['a', 'other']).layers
    const config = { rootfs: { type: 'layers', diff_ids: [a!.diffID, other!.diffID] } }
    await putImage(registry, 'app', '1', imageOf(['a', 'b'], { config }))
    const puller = await bench.puller()
    const parent = bench.path()
    const pulling = puller.pull(`${registry.host}/app:1`, {
      ...{ platform: 'linux/amd64', unpack: false, rootfs: join(parent, 'target') },
    })
    await expect(pulling.done).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    await pulling.closed()
    expect(readdirSync(parent)).toEqual([])
  })

  it('does not replace a mount point that the system alone knows as such', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a']))
    const target = bench.path()
    mkdirSync(target, { recursive: true })
    busy.target = target
    onTestFinished(() => void (busy.target = ''))
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${target}: it is a mount point, which a tree cannot replace`,
      hint: 'Name a directory below it.',
    })
    await pulling.closed()
    expect(readdirSync(target)).toEqual([])
  })
})
