import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { removeMount } from '../../../../lib/runtime/mount/remove-mount.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()
const manifest = digestOf(Buffer.from('a manifest'))

/** Records a mount without overlayfs and makes its tree. Returns how to remove it, and its directory. */
async function mounted(madeTarget: boolean) {
  const store = await stores.open()
  const target = `${store.directory}-mounted`
  mkdirSync(target)
  writeFileSync(join(target, 'file'), 'content')
  const record = await store.mounts.begin({
    ...{ target, image: 'app', manifest, method: 'copy', writable: true, madeTarget, holds: [] },
    inode: String(lstatSync(target, { bigint: true }).ino),
  })
  return { target, remove: () => removeMount(record, store), list: () => store.mounts.list() }
}

describe('the removal of a mount without overlayfs', () => {
  it('leaves a directory of the user, empty', async () => {
    const { target, remove, list } = await mounted(false)
    await remove()
    expect(readdirSync(target)).toEqual([])
    expect(await list()).toEqual([])
  })

  it('removes a directory that the mount made', async () => {
    const { target, remove, list } = await mounted(true)
    await remove()
    expect(existsSync(target)).toBe(false)
    expect(await list()).toEqual([])
  })

  it('leaves what was put in the place of its tree, whoever made the directory', async () => {
    for (const madeTarget of [true, false]) {
      const { target, remove, list } = await mounted(madeTarget)
      // The first directory still exists, so that the second one cannot have its inode.
      renameSync(target, `${target}-moved`)
      mkdirSync(target)
      writeFileSync(join(target, 'mine'), '')
      await remove()
      expect(readdirSync(target)).toEqual(['mine'])
      expect(await list()).toEqual([])
    }
  })

  it('leaves an empty directory of the user in the place of its tree', async () => {
    const { target, remove } = await mounted(false)
    renameSync(target, `${target}-moved`)
    mkdirSync(target)
    await remove()
    expect(readdirSync(target)).toEqual([])
  })
})
