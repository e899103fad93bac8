import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { moveTree } from '../../../../lib/store/files/move-tree.js'
import { SyncFile } from '../../../../lib/system/files.js'
import { openPaths } from '../../../support/open-paths.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe.runIf(process.getuid?.() === 0)('a directory that is moved to another parent', () => {
  const stores = new TemporaryStores()
  const user = 65_534

  /** Makes two directories of an ordinary user. The first contains a directory with `mode`. */
  function place(mode: number): { readonly from: string; readonly to: string } {
    const top = stores.fresh()
    const [from, to] = [join(top, 'one', 'tree'), join(top, 'other', 'tree')]
    mkdirSync(from, { recursive: true })
    mkdirSync(join(top, 'other'))
    for (const each of [join(top, 'one'), join(top, 'other'), from]) chownSync(each, user, user)
    for (const each of [stores.directory, top]) chmodSync(each, 0o755)
    chmodSync(from, mode)
    return { from, to }
  }
  async function asUser<T>(work: () => Promise<T>): Promise<T> {
    process.seteuid?.(user)
    try {
      return await work()
    } finally {
      process.seteuid?.(0)
    }
  }

  it.each([0o755, 0o555, 0o500, 0])('keeps its mode, even one without permissions: %o', async (mode) => {
    const { from, to } = place(mode)
    await asUser(() => moveTree(from, to))
    expect(statSync(to).mode & 0o7777).toBe(mode)
    expect(existsSync(from)).toBe(false)
  })

  it('has its mode on the disk, and is not open any more', async () => {
    const { from, to } = place(0o555)
    const modes: number[] = []
    const sync = vi.spyOn(SyncFile.prototype, 'sync').mockImplementation(async function (this: SyncFile) {
      modes.push((await this.stat()).mode & 0o7777)
    })
    await asUser(() => moveTree(from, to))
    sync.mockRestore()
    expect(modes).toEqual([0o555])
    expect(openPaths()).not.toContain(to)
  })

  it('stays unchanged if it belongs to another user, and the error is that of the rename', async () => {
    const { from, to } = place(0o700)
    chownSync(from, 0, 0)
    await expect(asUser(() => moveTree(from, to))).rejects.toMatchObject({
      code: 'EACCES',
      syscall: 'rename',
    })
    expect(statSync(from).mode & 0o7777).toBe(0o700)
  })
})
