/** Trees that are built outside of the store: the remains of a killed process are found and removed, and nothing else. */
import { existsSync } from 'node:fs'
import { chmod, lchown, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import {
  beginTree,
  sweepTreesNextTo,
  sweepRecordedTrees,
} from '../../../../lib/store/staging/unfinished-tree.js'
import { locksAvailable } from '../../../../lib/system/index.js'
import { Child } from '../../../support/store/child.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('a tree that is built next to its target', () => {
  const stores = new TemporaryStores()

  /** Returns a store and an empty directory for trees. */
  async function place(): Promise<{ store: string; parent: string; target: string }> {
    const parent = stores.fresh()
    await mkdir(parent)
    return { store: stores.fresh(), parent, target: join(parent, 'my tree') }
  }

  it('leaves nothing but the tree', async () => {
    const { store, parent, target } = await place()
    const open = await stores.open(store)
    const tree = await open.beginTree(target)
    await mkdir(join(tree.path, 'etc'), { recursive: true })
    await rename(tree.path, target)
    await tree.release()
    expect(await readdir(parent)).toEqual(['my tree'])
    expect(await readdir(await open.stagingDirectory())).toEqual(['lock'])
  })

  it('supports a target with a name of maximum length', async () => {
    const { store, parent } = await place()
    const open = await stores.open(store)
    const target = join(parent, 'ü'.repeat(127))
    const tree = await open.beginTree(target)
    await mkdir(tree.path)
    await sweepTreesNextTo(target)
    expect(existsSync(tree.path)).toBe(true)
    await tree.release()
    expect(await readdir(parent)).toEqual([])
  })

  it('is noted before it exists, and has no lock file if it cannot be locked', async () => {
    const { parent, target } = await place()
    const noted: string[] = []
    const take = vi.spyOn(FileLock, 'take').mockImplementationOnce(async (path) => {
      await writeFile(path, '')
      throw Object.assign(new Error('ENOLCK: no locks available'), { code: 'ENOLCK' })
    })
    const tree = await beginTree(target, ({ path }) => {
      expect(existsSync(path)).toBe(false)
      noted.push(path)
      return Promise.resolve()
    })
    take.mockRestore()
    expect(noted).toEqual([dirname(tree.path)])
    expect(await readdir(dirname(tree.path))).toEqual([])
    await tree.release()
    expect(await readdir(parent)).toEqual([])
  })

  it('is built beside one of an earlier process that cannot be removed, with a warning', async () => {
    const { store, parent, target } = await place()
    const left = join(parent, '.my tree.windlass-0123456789ab')
    await mkdir(join(left, 'lock'), { recursive: true, mode: 0o700 })
    const warnings: string[] = []
    const open = await stores.open(store, { onWarning: (message) => warnings.push(message) })
    const tree = await open.beginTree(target)
    await tree.release()
    expect(warnings).toEqual([
      expect.stringMatching(
        `^Failed to remove files of an earlier process next to it at ${target}: `,
      ) as string,
    ])
    expect(await readdir(parent)).toEqual(['.my tree.windlass-0123456789ab'])
  })

  describe.skipIf(!locksAvailable())('whose process was killed', () => {
    const leave = async (store: string, target: string): Promise<string> => {
      const child = new Child('build-tree', store, target)
      const path = await child.line()
      await child.kill()
      expect(existsSync(path)).toBe(true)
      return path
    }

    it('is removed by the next build at this target, with any store', async () => {
      const { store, parent, target } = await place()
      await leave(store, target)
      await leave(store, `${target} of another name`)
      const other = await stores.open()
      await (await other.beginTree(target)).release()
      expect(await readdir(parent)).toEqual([expect.stringMatching(/^\.my tree of another name\./)])
    })

    it('is removed when its store is opened', async () => {
      const { store, parent, target } = await place()
      await leave(store, target)
      await stores.open(store)
      expect(await readdir(parent)).toEqual([])
      expect(await readdir(join(store, 'staging'))).toEqual([])
    })

    it('is removed, whenever the process was killed', async () => {
      const { store, parent, target } = await place()
      for (let at = 0; at < 12; at++) {
        const child = new Child('build-tree', store, target)
        // The process is killed before it begins the tree, while it begins, or while it builds.
        const early = at % 3 === 0
        if (!early) await child.line()
        await new Promise((resolve) => setTimeout(resolve, early ? 350 + at * 25 : at * 7))
        await child.kill()
        const opened = await stores.open(store)
        if (at % 2 === 0) await (await opened.beginTree(target)).release()
        expect(await readdir(parent), `after ${at} kills`).toEqual([])
      }
    }, 120_000)
  })

  it.skipIf(!locksAvailable())('is kept while its process lives, even if stopped', async () => {
    const { store, target } = await place()
    const child = new Child('build-tree', store, target)
    const path = await child.line()
    child.process.kill('SIGSTOP')
    const before = await readdir(path)
    const open = await stores.open(store)
    await (await open.beginTree(target)).release()
    await open.garbage.collect()
    expect(await readdir(path)).toEqual(before)
    await child.kill()
  })

  describe('is not confused with similar directories', () => {
    const token = '0'.repeat(32)
    const signed = `windlass unfinished tree ${token}`

    /** Directories beside `target` that resemble an unfinished tree and must not be removed. */
    const lookalikes: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
      ['without a lock', (path) => mkdir(join(path, 'rootfs/etc'), { recursive: true })],
      [
        'with a lock of somebody else',
        async (path) => {
          await mkdir(join(path, 'rootfs/etc'), { recursive: true })
          await writeFile(join(path, 'lock'), 'windlass unfinished tree')
        },
      ],
      [
        'with a lock that says nothing',
        async (path) => {
          await mkdir(join(path, 'rootfs/etc'), { recursive: true })
          await writeFile(join(path, 'lock'), '')
        },
      ],
      [
        'with more in it',
        async (path) => {
          await mkdir(join(path, 'rootfs'), { recursive: true })
          await mkdir(join(path, 'mine'))
          await writeFile(join(path, 'lock'), signed)
        },
      ],
      [
        'with a link for a lock',
        async (path) => {
          await mkdir(join(path, 'rootfs/etc'), { recursive: true })
          await writeFile(`${path}-lock`, signed)
          await symlink(`${path}-lock`, join(path, 'lock'))
        },
      ],
      [
        'that others may write to',
        async (path) => {
          await mkdir(join(path, 'rootfs/etc'), { recursive: true })
          await writeFile(join(path, 'lock'), signed)
          await chmod(path, 0o777)
        },
      ],
      [
        'that is a link to one',
        async (path) => {
          await mkdir(join(`${path}-elsewhere`, 'rootfs/etc'), { recursive: true })
          await writeFile(join(`${path}-elsewhere`, 'lock'), signed)
          await symlink(`${path}-elsewhere`, path)
        },
      ],
      ['that is a file', (path) => writeFile(path, signed)],
    ]
    const everything = async (parent: string): Promise<string[]> =>
      (await readdir(parent, { recursive: true })).sort()

    it.each(lookalikes)('%s', async (_title, make) => {
      const { parent, target } = await place()
      await make(join(parent, '.my tree.windlass-0123456789ab'))
      const before = await everything(parent)
      await sweepTreesNextTo(target).catch(() => undefined)
      expect(await everything(parent)).toEqual(before)
    })

    it.skipIf(process.getuid?.() !== 0)('that belongs to another user', async () => {
      const { parent, target } = await place()
      const path = join(parent, '.my tree.windlass-0123456789ab')
      await mkdir(join(path, 'rootfs/etc'), { recursive: true })
      await writeFile(join(path, 'lock'), signed)
      await chmod(path, 0o700)
      await lchown(path, 65_534, 65_534)
      const before = await everything(parent)
      await sweepTreesNextTo(target)
      await sweepRecordedTrees([{ path, token }])
      expect(await everything(parent)).toEqual(before)
    })

    it('because of a note: the token of the tree must match', async () => {
      const { parent, target } = await place()
      const path = join(parent, '.my tree.windlass-0123456789ab')
      await mkdir(join(path, 'rootfs/etc'), { recursive: true })
      await writeFile(join(path, 'lock'), signed)
      await chmod(path, 0o700)
      await writeFile(join(dirname(path), 'precious'), '')
      const before = await everything(parent)
      await sweepRecordedTrees([
        { path, token: '1'.repeat(32) },
        { path: dirname(path), token },
        { path: join(parent, 'precious'), token },
      ])
      expect(await everything(parent)).toEqual(before)
      await sweepRecordedTrees([{ path, token }])
      expect(await everything(parent)).toEqual(locksAvailable() ? ['precious'] : before)
      await sweepTreesNextTo(target)
    })
  })

  it('keeps its note while another tree of its run is built', async () => {
    const { store, target } = await place()
    const open = await stores.open(store)
    const [one, two] = [await open.beginTree(target), await open.beginTree(target)]
    const notes = join(await open.stagingDirectory(), 'trees')
    await one.release()
    expect(await readFile(notes, 'utf8')).toContain(dirname(two.path))
    await two.release()
    expect(existsSync(notes)).toBe(false)
  })

  it('is released even if its note cannot be removed', async () => {
    const { store, target } = await place()
    const open = await stores.open(store)
    const tree = await open.beginTree(target)
    const notes = join(await open.stagingDirectory(), 'trees')
    expect(JSON.parse((await readFile(notes, 'utf8')).trim())).toEqual({
      path: dirname(tree.path),
      token: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    await writeFile(notes, 'null\n{"path":7}\n[]\n{')
    await tree.release()
    await open.close()
    await stores.open(store)
  })
})
