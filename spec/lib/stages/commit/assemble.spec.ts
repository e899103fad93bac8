/** Assembling the layers of an image when something is created at the target meanwhile. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { putImage } from '../../../../lib/testing/images/index.js'
import { Workbench, imageOf } from '../../../support/workbench.js'

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
})
