import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  applyTo,
  directory,
  file,
  hardlink,
  refusal,
  scratch,
  symlink,
  whiteout,
} from '../../../support/archive/scratch.js'

describe('the directories of a layer', () => {
  it('are limited in number, whether or not they have entries and whether new or of a lower layer', async () => {
    for (const entries of [
      [directory('a'), directory('a/b'), directory('c')],
      [file('a/b/x'), file('c/y')],
    ]) {
      const it = await scratch()
      const apply = (layerDirectories: number) =>
        applyTo({ root: it.root, whiteouts: 'apply', limits: { layerDirectories } }, entries)
      apply(3)
      apply(3)
      expect(refusal(() => apply(2))).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(
          'the layer has entries in 3 directories, more than the limit layerDirectories (2)',
        ) as string,
      })
    }
  })
})

describe('an entry in place of a whiteout of the same layer', () => {
  it.each([
    ['overlay', [whiteout('.wh.a'), file('a', 'new'), hardlink('b', 'a')]],
    ['overlay', [whiteout('.wh.a'), directory('a'), file('a/c', 'new'), hardlink('b', 'a/c')]],
    [
      'overlay',
      [whiteout('.wh.a'), file('a', 'old'), whiteout('.wh.a'), file('a', 'new'), hardlink('b', 'a')],
    ],
    ['aufs', [whiteout('.wh.a'), file('a', 'new'), hardlink('b', 'a')]],
  ] as const)('can be linked to: %s, %#', async (whiteouts, entries) => {
    const it = await scratch()
    it.apply(entries, { whiteouts })
    expect(readFileSync(join(it.root, 'b'), 'utf8')).toBe('new')
  })
})

describe('a directory of a lower layer that this layer does not list', () => {
  const times = { mtime: 1_000_000_000_000_000_000n }

  it.each([
    ['after an entry was removed', [whiteout('d/.wh.a')]],
    ['after an entry was added', [file('d/b')]],
    ['after an entry below it was replaced', [symlink('d/a', 'b')]],
  ])('keeps its time and mode %s', async (_, entries) => {
    for (const mode of [0o750, 0o2750]) {
      const it = await scratch()
      it.apply([directory('d', { ...times, mode }), file('d/a')])
      it.apply(entries)
      expect((await it.tree()).get('d')).toMatchObject({ ...times, mode })
    }
  })
})
