import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rootfsSource, specialFilesLeftOut } from '../../../lib/sources/rootfs-source.js'
import { type Windlass, open } from '../../../puller/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe('a root directory as a source', () => {
  const home = temporaryDirectory()
  const root = join(home, 'root')
  let windlass: Windlass

  beforeAll(async () => {
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(join(root, 'etc/a'), 'content', { mode: 0o640 })
    linkSync(join(root, 'etc/a'), join(root, 'etc/b'))
    symlinkSync('a', join(root, 'etc/link'))
    utimesSync(join(root, 'etc/a'), 1_600_000_000, 1_600_000_000)
    execFileSync('mkfifo', [join(root, 'fifo')])
    windlass = await open({ store: join(home, 'store') })
  })
  afterAll(() => windlass.close())

  it('gives an image with its files, modes, times and links', async () => {
    const copied = await windlass.copy(`rootfs:${root}`, `oci:${join(home, 'layout')}:x`).done
    const unpacked = join(home, 'unpacked')
    await windlass.unpack(`oci:${join(home, 'layout')}:x`, unpacked).done
    const [a, b] = [statSync(join(unpacked, 'etc/a')), statSync(join(unpacked, 'etc/b'))]
    expect([a.ino, a.nlink, a.mode & 0o777, a.mtimeMs]).toEqual([b.ino, 2, 0o640, 1_600_000_000_000])
    expect(copied.digest).toMatch(/^sha256:/)
  })

  it('gives the same image as long as its files are the same, with a warning of what is left out', async () => {
    const warnings: string[] = []
    const source = rootfsSource(root)
    const first = await source.manifest('', { onWarning: (code) => warnings.push(code) })
    await source.close()
    const again = rootfsSource(root)
    expect((await again.manifest('')).bytes.equals(first.bytes)).toBe(true)
    await again.close()
    writeFileSync(join(root, 'etc/new'), 'x')
    const changed = rootfsSource(root)
    expect((await changed.manifest('')).bytes.equals(first.bytes)).toBe(false)
    await changed.close()
    expect(warnings).toEqual([specialFilesLeftOut])
  })

  it('is refused if it is no directory', async () => {
    await expect(rootfsSource(join(home, 'none')).manifest('')).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringMatching(
        /^Failed to pack the root directory .*none: it does not exist$/,
      ) as string,
    })
    await expect(rootfsSource(join(root, 'etc/a')).manifest('')).rejects.toThrow('it is not a directory')
  })
})
