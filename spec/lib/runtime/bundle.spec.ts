import {
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageConfig } from '../../../lib/image/index.js'
import { RuntimeSpecCodec, writeBundleConfig } from '../../../lib/runtime/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const image: ImageConfig = {
  ...{ os: 'linux', architecture: 'amd64', config: { Cmd: ['/bin/sh'] } },
  rootfs: { type: 'layers', diff_ids: [] },
}
function bundle(): string {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'rootfs/etc'), { recursive: true })
  return directory
}

describe('the config of a bundle', () => {
  it('is written for everybody to read, and returned', async () => {
    const directory = bundle()
    const spec = await writeBundleConfig(directory, image, { hostname: 'box' })
    const text = readFileSync(join(directory, 'config.json'), 'utf8')
    expect(text.endsWith('}\n')).toBe(true)
    expect(JSON.parse(text)).toEqual(spec)
    expect(RuntimeSpecCodec.is(spec)).toBe(true)
    expect(spec).toMatchObject({ hostname: 'box', root: { path: 'rootfs' }, process: { args: ['/bin/sh'] } })
    expect(statSync(join(directory, 'config.json')).mode & 0o777).toBe(0o644)
    expect(readdirSync(directory).sort()).toEqual(['config.json', 'rootfs'])
  })

  it('stays as it was if the new one cannot be made', async () => {
    const directory = bundle()
    const before = await writeBundleConfig(directory, image)
    await expect(writeBundleConfig(directory, { ...image, config: {} })).rejects.toMatchObject({
      code: 'USAGE',
    })
    expect(JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'))).toEqual(before)
    expect(readdirSync(directory).sort()).toEqual(['config.json', 'rootfs'])
  })

  it('leaves no other file if it cannot be put in its place', async () => {
    const directory = bundle()
    mkdirSync(join(directory, 'config.json'))
    await expect(writeBundleConfig(directory, image)).rejects.toMatchObject({
      message: expect.stringContaining('Writing the bundle') as string,
    })
    expect(readdirSync(directory).sort()).toEqual(['config.json', 'rootfs'])
  })

  it('does not exist if the user databases of the image cannot be read', async () => {
    const directory = bundle()
    writeFileSync(join(directory, 'rootfs/etc/passwd'), '')
    truncateSync(join(directory, 'rootfs/etc/passwd'), 16 * 1024 ** 2 + 1)
    await expect(writeBundleConfig(directory, image)).rejects.toMatchObject({
      ...{ code: 'CONFIG_INVALID', subject: { path: join(directory, 'rootfs') } },
      message: expect.stringContaining('The user databases of the image cannot be read: ') as string,
    })
    expect(readdirSync(directory)).toEqual(['rootfs'])
  })

  it('takes the users of the image, and not those of the machine', async () => {
    const directory = bundle()
    symlinkSync('/etc/real', join(directory, 'rootfs/etc/passwd'))
    writeFileSync(join(directory, 'rootfs/etc/real'), 'app:x:7:8::/home/app:/bin/sh\n')
    const spec = await writeBundleConfig(directory, image, { user: 'app' })
    expect(spec.process).toMatchObject({ user: { uid: 7, gid: 8 } })
    expect(spec.process.env).toContain('HOME=/home/app')
  })
})
