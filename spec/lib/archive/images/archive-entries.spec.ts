import { describe, expect, it } from 'vitest'
import { ArchiveEntries } from '../../../../lib/archive/images/archive-entries.js'
import { bufferFile, readPart } from '../../../../lib/archive/images/archived-file.js'
import type { TarEntry } from '../../../../lib/archive/tar/entry.js'

const entry = (path: string, linkTarget?: string): TarEntry => ({
  ...{ path, size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0n, device: undefined, xattrs: new Map() },
  ...{ type: linkTarget === undefined ? 'file' : 'symlink', linkTarget: linkTarget ?? '', sparse: false },
})

/** Adds files, by their content, and links, in this order. Returns the content of all files. */
async function contentOf(
  added: readonly (readonly [path: string, file: { content: string } | { link: string }])[],
): Promise<Record<string, string>> {
  const entries = new ArchiveEntries('test.tar')
  for (const [name, file] of added) {
    const path = entries.add(entry(name, 'link' in file ? file.link : undefined))
    if (path !== undefined && 'content' in file) entries.addFile(path, bufferFile(Buffer.from(file.content)))
  }
  const found: Record<string, string> = {}
  for (const [path, file] of entries.files()) found[path] = (await readPart(file)).toString()
  return found
}

describe('an entry of an archive of images', () => {
  const target = ['b', { content: 'target' }] as const

  it('that is a file replaces an earlier link of the same path', async () => {
    const added = [target, ['a', { link: 'b' }], ['a', { content: 'own' }]] as const
    expect(await contentOf(added)).toEqual({ a: 'own', b: 'target' })
  })

  it('that is a link replaces an earlier file of the same path', async () => {
    const added = [target, ['a', { content: 'own' }], ['a', { link: 'b' }]] as const
    expect(await contentOf(added)).toEqual({ a: 'target', b: 'target' })
  })

  it('that is a link hides an earlier file, also if it leads nowhere or the file is complete only later', async () => {
    expect(
      await contentOf([
        ['a', { content: 'own' }],
        ['a', { link: 'missing' }],
      ]),
    ).toEqual({})
    const entries = new ArchiveEntries('test.tar')
    const path = entries.add(entry('a'))!
    entries.add(entry('a', 'b'))
    entries.addFile(path, bufferFile(Buffer.from('late')))
    expect([...entries.files().keys()]).toEqual([])
  })

  it('is found through eight links, and not through nine', async () => {
    const links = Array.from({ length: 9 }, (_, at) => [`l${at}`, { link: `l${at + 1}` }] as const)
    const found = await contentOf([...links, ['l9', { content: 'end' }]])
    expect(Object.keys(found).sort()).toEqual(['l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7', 'l8', 'l9'])
  })

  it('is led to by a symbolic link from its directory, and by a hard link from the top', async () => {
    const entries = new ArchiveEntries('test.tar')
    for (const path of ['a', 'd/a']) entries.addFile(entries.add(entry(path))!, bufferFile(Buffer.from(path)))
    entries.add(entry('d/soft', 'a'))
    entries.add({ ...entry('d/hard', 'a'), type: 'hardlink' })
    const files = entries.files()
    expect((await readPart(files.get('d/soft')!)).toString()).toBe('d/a')
    expect((await readPart(files.get('d/hard')!)).toString()).toBe('a')
  })

  it('has a name in UTF-8, normalized', async () => {
    const name = Buffer.from('ü/').toString('latin1')
    expect(await contentOf([[`./${name}/x`, { content: 'x' }]])).toEqual({ 'ü/x': 'x' })
  })

  it.each([
    ['a sparse file', { ...entry('a'), sparse: true }, 'neither a file'],
    ['a device', { ...entry('a'), type: 'character-device' as const }, 'neither a file'],
    ['a path with NUL', entry('a\0b'), 'leads out of the archive'],
    ['a link to a path with NUL', entry('a', 'b\0'), 'leads out of the archive'],
    ['an absolute path', entry('/a'), 'leads out of the archive'],
    ['the parent of the archive', entry('..'), 'leads out of the archive'],
  ])('is refused if it is %s', (_, refused, message) => {
    expect(() => new ArchiveEntries('test.tar').add(refused)).toThrow(message)
  })
})
