/** A directory to unpack into that is on another disk than the store, and that disk full, read-only, or the directory itself. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { runWindlass } from '../../testbench/harness/command-line.js'
import { expectReported } from '../../testbench/harness/disk-words.js'
import { describeSmallDisk, SmallDisk } from '../../testbench/harness/small-disk.js'

const platform = ['--platform', 'linux/amd64']
const large = buildImage({ layers: [{ entries: [{ path: 'large', content: randomBytes(1 << 20) }] }] })
const many = Array.from({ length: 100 }, (_, at) => ({ path: `many/${at}`, content: '' }))
const manyFiles = buildImage({ layers: [{ entries: many }] })

await describeSmallDisk('a directory to unpack into, on a disk of its own', () => {
  let registry: TestRegistry
  let directory: string
  let disk: SmallDisk
  let names: Readonly<Record<'large' | 'many', string>>
  const store = (): string => join(directory, 'store')
  const unpack = (name: string, target: string) =>
    disk.windlass('unpack', '-q', ...platform, name, join(disk.path, target), '--store', store())

  beforeAll(async () => {
    registry = await startRegistry()
    directory = mkdtempSync(join(tmpdir(), 'windlass-apart-'))
    names = { large: `${registry.host}/large:1`, many: `${registry.host}/many:1` }
    await putImage(registry, 'large', '1', large)
    await putImage(registry, 'many', '1', manyFiles)
    for (const name of Object.values(names))
      expect((await runWindlass(['pull', '-q', ...platform, name, '--store', store()])).exit).toBe(0)
  })
  afterAll(async () => {
    rmSync(directory, { recursive: true })
    await registry.close()
  })
  beforeEach(async () => {
    disk = await SmallDisk.mount('size=512k,nr_inodes=50')
  })
  afterEach(() => disk.unmount())

  it.each(['large', 'many'] as const)(
    'is asked for on another disk where this one has no room for %s',
    async (name) => {
      expectReported(
        await unpack(names[name], 'tree'),
        new RegExp(`Unpacking "${name}\\S*" into ${disk.path}/\\S+ failed: no space left`),
        /^ {2}Free some space .* or name a directory on another disk to unpack into\./,
      )
      expect(readdirSync(disk.localPath)).toEqual([])
    },
  )

  it('says the same of a pull with --rootfs, whose image is in the store then', async () => {
    const target = join(disk.path, 'tree')
    const { exit, stderr } = await disk.windlass(
      ...['pull', '-q', ...platform, names.large, '--rootfs', target, '--store', store()],
    )
    expect(exit).toBe(7)
    expect(stderr).toMatch(/name a directory on another disk to unpack into/)
    expect(stderr).not.toContain('--store')
    expect((await runWindlass(['verify', '--store', store()])).exit).toBe(0)
  })

  it('is told that there is no room also where its parents are to be made', async () => {
    try {
      for (let at = 0; ; at++) closeSync(openSync(join(disk.localPath, String(at)), 'w'))
    } catch {
      expect(statfsSync(disk.localPath).ffree).toBe(0)
    }
    expectReported(
      await unpack(names.many, 'a/b/tree'),
      new RegExp(`Writing the tree of the image failed at ${disk.path}/a/b/tree: no space left$`),
      /name a directory on another disk/,
    )
  })

  it.each(['tree', 'a/b/tree'])('is asked for elsewhere where this disk is read-only: %s', async (target) => {
    disk.remount('ro')
    expectReported(
      await unpack(names.large, target),
      new RegExp(
        `Writing the tree of the image failed at ${disk.path}/${target}: the file system is read-only$`,
      ),
      /^ {2}Name a directory to unpack into that is on a writable file system\.$/,
    )
  })

  it('cannot be the mount point itself, which is said', async () => {
    const { exit, stderr } = await unpack(names.many, '.')
    expect([exit, stderr]).toEqual([
      2,
      `windlass: Cannot unpack into ${disk.path}: it is a mount point, which a tree cannot replace\n  Name a directory below it.\n`,
    ])
    expect(existsSync(join(disk.localPath, 'many'))).toBe(false)
  })

  it('is left as it was by a tree that did not fit', async () => {
    writeFileSync(join(disk.localPath, 'mine'), 'mine')
    expect((await unpack(names.large, 'tree')).exit).toBe(7)
    expect(readdirSync(disk.localPath)).toEqual(['mine'])
  })
})
