/** What earlier processes left in the staging area is removed, or a warning says how to remove it. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { Store } from '../../../../lib/store/index.js'
import { writeTreeNote } from '../../../../lib/store/staging/tree-notes.js'
import { sweepRuns } from '../../../../lib/store/staging/sweep-runs.js'
import { locksAvailable, syncFileSystemAsync } from '../../../../lib/system/index.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

vi.mock('../../../../lib/system/index.js', async (original) => ({
  ...(await original<object>()),
  syncFileSystemAsync: vi.fn(() => Promise.resolve()),
}))

const isRoot = process.geteuid?.() === 0

describe.skipIf(!locksAvailable())('what earlier processes left in the staging area', () => {
  const stores = new TemporaryStores()

  async function leave(staging: string, name: string): Promise<string> {
    const run = join(staging, name.repeat(16))
    await mkdir(join(run, 'layer'), { recursive: true })
    await writeFile(join(run, 'layer', 'file'), 'x')
    return run
  }

  it('is removed completely, and nothing else', async () => {
    const staging = stores.fresh()
    for (const name of ['a', 'b']) await leave(staging, name)
    await mkdir(join(staging, 'mine'))
    const { processes, bytes, failures } = await sweepRuns(staging)
    expect([processes, failures]).toEqual([2, []])
    // Each run has one file of one byte, which needs at least one sector of 512 bytes. Some file systems also count directories.
    expect(bytes).toBeGreaterThanOrEqual(2 * 512)
    expect(await readdir(staging)).toEqual(['mine'])
    expect(await sweepRuns(join(staging, 'none'))).toEqual({ processes: 0, bytes: 0, failures: [] })
  })

  it('is removed after a sync of the store, because its renames may not be synced', async () => {
    const store = stores.fresh()
    const staging = join(store, 'staging')
    for (const name of ['a', 'b']) await leave(staging, name)
    const calls = diskCalls(store)
    vi.mocked(syncFileSystemAsync).mockImplementation(async () => void calls.push('sync all'))
    expect((await sweepRuns(staging)).failures).toEqual([])
    expect(calls[0]).toBe('sync all')
    expect(calls.filter((call) => call === 'sync all')).toHaveLength(1)
    expect(calls).toContain(`rmdir staging/${'a'.repeat(16)}`)
  })

  it('stays, and is not locked, if the store cannot be synced', async () => {
    const staging = stores.fresh()
    const run = await leave(staging, 'a')
    vi.mocked(syncFileSystemAsync).mockRejectedValueOnce(new Error('EIO'))
    const { failures } = await sweepRuns(staging)
    expect(failures).toMatchObject([{ code: 'STORE_IO' }])
    const lock = await FileLock.take(join(run, 'lock'))
    expect(lock).toBeDefined()
    await lock?.release()
    expect((await sweepRuns(staging)).processes).toBe(1)
  })

  it('is reported if it is a tree next to its target that cannot be removed; the rest is removed', async () => {
    const staging = stores.fresh()
    const run = await leave(staging, 'a')
    const tree = join(stores.fresh(), '.rootfs.windlass-0123456789ab')
    // In place of the lock is a directory, so it is unknown whether the process that builds the tree is alive.
    await mkdir(join(tree, 'lock'), { recursive: true, mode: 0o700 })
    await writeTreeNote(run, { path: tree, token: '0'.repeat(32) })
    const { processes, failures } = await sweepRuns(staging)
    expect(processes).toBe(0)
    expect(failures).toMatchObject([
      { code: 'STORE_CORRUPT', message: expect.stringContaining(join(tree, 'lock')) as string },
    ])
    expect([existsSync(run), existsSync(tree)]).toEqual([false, true])
  })

  it.skipIf(!isRoot)(
    'that belongs to another user is reported with a command that removes it; the rest is removed, and the store works',
    async () => {
      const directory = stores.fresh()
      await (await stores.open(directory)).close()
      const staging = join(directory, 'staging')
      const [bad, good] = [await leave(staging, 'a'), await leave(staging, 'b')]
      execFileSync('chown', ['-R', '65534:65534', directory])
      // This directory belongs to root, so the owner of the run cannot remove what is in it.
      await chown(join(bad, 'layer'), 0, 0)
      execFileSync('chmod', ['a+x', stores.directory])
      const warnings: string[] = []
      process.seteuid?.(65_534)
      let store: Store
      try {
        store = await Store.open(directory, { onWarning: (message) => warnings.push(message) })
        await store.garbage.collect()
        await store.close()
      } finally {
        process.seteuid?.(0)
      }
      expect(warnings).toEqual([
        expect.stringMatching(
          `^Failed to remove files of an earlier process at ${bad}: permission denied.*\\. Remove it as its owner, or as root: “rm -rf ${bad}”\\.$`,
        ) as string,
      ])
      expect([existsSync(bad), existsSync(good)]).toEqual([true, false])
      const [, way = ''] = /“(.*)”/.exec(warnings[0]!) ?? []
      execFileSync('bash', ['-ec', way])
      expect((await sweepRuns(staging)).failures).toEqual([])
      expect(await readdir(staging)).toEqual([])
    },
  )

  it('is removed from a full disk too, on which no lock can be created', async () => {
    const staging = stores.fresh()
    await leave(staging, 'a')
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const take = vi.spyOn(FileLock, 'take').mockRejectedValue(full)
    try {
      expect(await sweepRuns(staging)).toMatchObject({ processes: 1, failures: [] })
      expect(await readdir(staging)).toEqual([])
      take.mockRejectedValue(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))
      const run = await leave(staging, 'b')
      expect(await sweepRuns(staging)).toMatchObject({ processes: 0, bytes: 0 })
      expect(existsSync(run)).toBe(true)
    } finally {
      take.mockRestore()
    }
  })
})
