import { describe, expect, it } from 'vitest'
import { FlatDirectory } from '../../../../lib/archive/listing/flat-node.js'
import { directory } from '../../../support/archive/scratch.js'

describe('a directory in a tree of layers', () => {
  it('forgets the attributes of lower layers when a layer creates it, and not those of that layer', () => {
    const found = new FlatDirectory(undefined, 'd')
    found.setEntry(directory('d'), 1)
    found.treatAsCreated(1)
    expect([found.entry?.path, found.listedIn]).toEqual(['d', 1])
    found.treatAsCreated(2)
    expect([found.entry, found.listedIn]).toEqual([undefined, -1])
  })

  it('is touched with what is below it', () => {
    const root = new FlatDirectory(undefined, '')
    const parent = new FlatDirectory(root, 'parent')
    const child = new FlatDirectory(parent, 'child')
    child.touch(2)
    expect([root, parent, child].map(({ touchedIn }) => touchedIn)).toEqual([2, 2, 2])
  })
})
