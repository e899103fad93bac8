import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  readRootfsFile,
  resolveInRootfs,
  rootfsDirectory,
} from '../../../../lib/runtime/config/rootfs-file.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

async function rootfs(): Promise<string> {
  const top = temporaryDirectory()
  const root = join(top, 'rootfs')
  mkdirSync(join(root, 'etc'), { recursive: true })
  mkdirSync(join(top, 'etc'))
  writeFileSync(join(top, 'etc/passwd'), 'outside')
  writeFileSync(join(root, 'etc/real'), 'inside')
  return root
}

describe('files of a root file system', () => {
  it.each(['real', '/etc/real', '../../etc/real', '../../../../../../etc/real', './real'])(
    'are read through a link to %s, inside of the root',
    async (target) => {
      const root = await rootfs()
      symlinkSync(target, join(root, 'etc/passwd'))
      expect(readRootfsFile(root, '/etc/passwd')).toBe('inside')
    },
  )

  it('outside of the root are not read', async () => {
    const root = await rootfs()
    symlinkSync('../../etc/passwd', join(root, 'etc/a'))
    symlinkSync(join(root, '../etc/passwd'), join(root, 'etc/b'))
    symlinkSync('..', join(root, 'up'))
    for (const path of ['etc/a', 'etc/b', 'up/etc/passwd', '../etc/passwd', 'up/../../etc/passwd'])
      expect(readRootfsFile(root, path)).toBeUndefined()
  })

  it('that are directories, loops or missing have no content', async () => {
    const root = await rootfs()
    symlinkSync('loop', join(root, 'loop'))
    for (const path of ['etc', 'loop', 'loop/x', 'none', 'etc/real/x'])
      expect(readRootfsFile(root, path)).toBeUndefined()
    expect(resolveInRootfs(root, '/etc/../etc/real')).toBe(join(root, 'etc/real'))
    expect(rootfsDirectory(root, 'etc')?.empty).toBe(false)
    expect(rootfsDirectory(root, 'etc/real')).toBeUndefined()
  })

  it('that are too large are an error, not a missing file', async () => {
    const root = await rootfs()
    const path = join(root, 'etc/passwd')
    writeFileSync(path, '')
    truncateSync(path, 16 * 1024 ** 2 + 1)
    expect(() => readRootfsFile(root, '/etc/passwd')).toThrow()
  })
})
