import { describe, expect, it } from 'vitest'
import { FlatTree } from '../../../../lib/archive/listing/flat-tree.js'
import { requireFile, resolvePath } from '../../../../lib/archive/listing/resolve-path.js'
import {
  type Made,
  device,
  directory,
  fifo,
  file,
  refusal,
  symlink,
} from '../../../support/archive/scratch.js'

function treeOf(...entries: readonly Made[]): FlatTree {
  const tree = new FlatTree()
  tree.nextLayer()
  for (const [ordinal, entry] of entries.entries()) tree.apply(entry, ordinal)
  return tree
}
const tree = treeOf(
  ...[directory('usr/bin'), file('usr/bin/env'), directory('empty'), symlink('bin', 'usr/bin')],
  ...[
    symlink('absolute', '/usr/bin/env'),
    symlink('usr/up', '../../../usr'),
    fifo('pipe'),
    device('null', 1, 3),
  ],
  ...[symlink('loop', 'loop'), symlink('usr/bin/relative', '../bin/./env')],
)
const pathOf = (path: string): string => resolvePath(tree, path).path
const unknown = (path: string, from = tree) => refusal(() => resolvePath(from, path))

describe('a path in the tree of an image', () => {
  it.each([
    ['usr/bin/env', 'usr/bin/env'],
    ['/usr//bin/./env', 'usr/bin/env'],
    ['', ''],
    ['/', ''],
    ['..', ''],
    ['usr/../usr/bin', 'usr/bin'],
    ['usr/bin/../../../usr', 'usr'],
    ['bin/env', 'usr/bin/env'],
    ['bin/../bin', 'usr/bin'],
    ['absolute', 'usr/bin/env'],
    ['usr/up/bin', 'usr/bin'],
    ['usr/bin/relative', 'usr/bin/env'],
    ['usr/bin/env/', 'usr/bin/env'],
    ['usr/bin/env/.', 'usr/bin/env'],
  ])('leads from %s to %s', (path, resolved) => {
    expect(pathOf(path)).toBe(resolved)
  })

  it('that does not exist is told with what the last directory has, sorted, and no more than eight names', () => {
    expect(unknown('usr/nope/x')).toMatchObject({
      code: 'FILE_UNKNOWN',
      message: 'The image has no "/usr/nope/x": "/usr" has no "nope"',
      hint: '"/usr" has "bin", "up".',
    })
    expect(unknown('empty/x').hint).toBe('"/empty" is empty.')
    const many = (count: number) =>
      treeOf(...Array.from({ length: count }, (_, at) => file(`f${count - at}`)))
    expect(unknown('x', many(8)).hint).toBe('"/" has "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8".')
    expect(unknown('x', many(9)).hint).toBe(
      '"/" has "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", and 1 more.',
    )
  })

  it('below a file does not exist', () => {
    for (const path of ['usr/bin/env/x', 'usr/bin/env/..', 'absolute/x'])
      expect(unknown(path).message).toContain('"/usr/bin/env" is not a directory')
  })

  it('may lead through forty links, and not through more', () => {
    const chain = (count: number): FlatTree =>
      treeOf(...Array.from({ length: count }, (_, at) => symlink(`l${at}`, `l${at + 1}`)), file(`l${count}`))
    expect(resolvePath(chain(40), 'l0').path).toBe('l40')
    expect(unknown('l0', chain(41))).toMatchObject({
      code: 'FILE_UNKNOWN',
      message: 'The image has no "/l0": more than 40 symlinks lead there, and "/l40" is the last (ELOOP)',
    })
    expect(unknown('loop').message).toContain('ELOOP')
  })
})

describe('the file at a path', () => {
  const found = (path: string) => requireFile(resolvePath(tree, path), path)

  it('is a file, whatever leads to it', () => {
    expect(found('absolute')).toMatchObject({ path: 'usr/bin/env', leaf: { entry: { type: 'file' } } })
  })

  it.each([
    ['bin', '"/bin" is a directory'],
    ['/', '"/" is a directory'],
    ['pipe', '"/pipe" is a fifo, which has no content'],
    ['null', '"/null" is a character device, which has no content'],
  ])('is not what has no content: %s', (path, message) => {
    expect(refusal(() => found(path))).toMatchObject({ code: 'NOT_A_FILE', message })
  })
})
