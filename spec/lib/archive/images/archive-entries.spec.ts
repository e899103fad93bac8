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
})
