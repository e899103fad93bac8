import { describe, expect, it } from 'vitest'
import { treeLines } from '../../../cli/demo/tree.js'
import type { TreeEntry } from '../../../lib/archive/index.js'

const entry = (path: string, more: Partial<TreeEntry> = {}): TreeEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 0n,
  xattrs: new Map(),
  ...more,
})

describe('treeLines', () => {
  it('shows a directory of six entries, and what only begins like a folded one', () => {
    const directory = { type: 'directory', mode: 0o755 } as const
    const children = (parent: string, count: number) =>
      Array.from({ length: count }, (_, index) => entry(`${parent}/${index}`))
    const lines = treeLines([
      ...[entry('six', directory), ...children('six', 6)],
      ...[entry('seven', directory), ...children('seven', 7), entry('seven-more')],
    ])
    expect(lines).toEqual([
      'seven  7 entries',
      'seven-more  1 B',
      'six/',
      ...Array.from({ length: 6 }, (_, index) => `  ${index}  1 B`),
    ])
  })

  it('indents, folds large directories, and marks special files', () => {
    const directory = { type: 'directory', mode: 0o755 } as const
    expect(
      treeLines([
        entry('.', directory),
        entry('a', directory),
        entry('a-file'),
        entry('a/setuid', { mode: 0o4755 }),
        entry('a/\u001b[2J'),
        entry('link', { type: 'symlink', target: 'a/setuid' }),
        entry('many', directory),
        ...Array.from({ length: 7 }, (_, index) => entry(`many/${index}`)),
        entry('same', { hardlink: 'a-file' }),
      ]),
    ).toEqual([
      'a/',
      '  \\u{1b}[2J  1 B',
      '  setuid  1 B, mode 4755',
      'a-file  1 B',
      'link -> a/setuid',
      'many  7 entries',
      'same  1 B, the same file as a-file',
    ])
  })
})
