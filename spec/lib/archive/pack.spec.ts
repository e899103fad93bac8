import { execFileSync } from 'node:child_process'
import { chmod, link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packTree } from '../../../lib/archive/pack.js'
import { contentOf, readArchive } from '../../../testbench/archives/archive.js'

let root = ''
const make = async (name: string, order: readonly string[]): Promise<string> => {
  const tree = join(root, name)
  await mkdir(join(tree, 'sub'), { recursive: true })
  for (const file of order) await writeFile(join(tree, file), `in ${file}`, { mode: 0o644 })
  await writeFile(join(tree, 'setuid'), 'x')
  await chmod(join(tree, 'setuid'), 0o4777)
  await symlink('/elsewhere', join(tree, 'link'))
  return tree
}
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'windlass-pack-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('packTree', () => {
  it('packs files, directories and symlinks with their modes, sorted', async () => {
    const tree = await make('one', ['b', 'a', 'sub/c'])
    const entries = readArchive(await buffer(packTree(tree)))
    expect(entries.map(({ path, type }) => [path, type])).toEqual([
      ['.', 'directory'],
      ['a', 'file'],
      ['b', 'file'],
      ['link', 'symlink'],
      ['setuid', 'file'],
      ['sub', 'directory'],
      ['sub/c', 'file'],
    ])
    expect(entries.find(({ path }) => path === 'setuid')?.mode).toBe(0o4777)
    expect(entries.find(({ path }) => path === 'link')?.linkTarget).toBe('/elsewhere')
    expect(contentOf(entries.at(-1)!).toString()).toBe('in sub/c')
  })

  it('gives the same bytes for the same tree if reproducible', async () => {
    const first = await make('first', ['x', 'y', 'sub/z'])
    const second = await make('second', ['sub/z', 'y', 'x'])
    await utimes(join(second, 'x'), 5, 5)
    const pack = (tree: string): Promise<Buffer> => buffer(packTree(tree, { reproducible: true }))
    expect((await pack(first)).equals(await pack(second))).toBe(true)
    const dated = readArchive(await buffer(packTree(first, { reproducible: true, mtime: new Date(3000) })))
    expect(new Set(dated.map(({ mtime }) => mtime))).toEqual(new Set([3_000_000_000n]))
  })

  it('lets the caller map headers and leave paths out', async () => {
    const tree = await make('mapped', ['a', 'secret'])
    const packed = packTree(tree, {
      ignore: (path) => path.endsWith('/secret'),
      map: (header) => ({ ...header, uid: 7 }),
    })
    const entries = readArchive(await buffer(packed))
    expect(entries.map(({ path }) => path)).not.toContain('secret')
    expect(new Set(entries.map(({ uid }) => uid))).toEqual(new Set([7]))
  })

  it('fails for a missing directory', async () => {
    await expect(buffer(packTree(join(root, 'nowhere')))).rejects.toThrow(/ENOENT/)
  })

  it('keeps hard links as links to the first name if it is told to, and leaves out devices and FIFOs', async () => {
    const tree = join(root, 'linked')
    await mkdir(tree)
    await writeFile(join(tree, 'a'), 'content')
    await link(join(tree, 'a'), join(tree, 'b'))
    await link(join(tree, 'a'), join(tree, 'c'))
    execFileSync('mkfifo', [join(tree, 'fifo')])
    const skipped: string[] = []
    const packed = packTree(tree, { hardLinks: true, onSkipped: (name) => skipped.push(name) })
    const entries = readArchive(await buffer(packed))
    expect(entries.map(({ path, type, linkTarget }) => [path, type, linkTarget])).toEqual([
      ['.', 'directory', ''],
      ['a', 'file', ''],
      ['b', 'hardlink', 'a'],
      ['c', 'hardlink', 'a'],
    ])
    expect(contentOf(entries[1]!).toString()).toBe('content')
    expect(skipped).toEqual(['fifo'])
  })
})
