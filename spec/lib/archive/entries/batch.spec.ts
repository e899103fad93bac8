import { expect, it } from 'vitest'
import { weightOf } from '../../../../lib/archive/entries/batch.js'
import { file, symlink } from '../../../support/archive/scratch.js'

it('the weight of an entry counts its header, its names and its extended attributes, not its content', () => {
  expect(weightOf(file('a', ''))).toBe(512 + 1)
  expect(weightOf(file('path', 'content'))).toBe(512 + 4)
  expect(weightOf(symlink('path', 'target'))).toBe(512 + 4 + 6)
  const xattrs = new Map([
    ['user.a', Buffer.alloc(1_000)],
    ['user.bc', Buffer.alloc(0)],
  ])
  expect(weightOf(file('path', '', { xattrs }))).toBe(512 + 4 + 6 + 1_000 + 7)
})
