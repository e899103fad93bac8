import { describe, expect, it } from 'vitest'
import { Directory } from '../../../../lib/archive/rootfs/directory.js'
import { ImpliedDirectories, isImplied } from '../../../../lib/archive/rootfs/implied-directories.js'

describe('the list of implied directories', () => {
  it('has the paths in byte order, without their dot', () => {
    const list = new ImpliedDirectories()
    for (const path of ['./b', '.', './a/c', './a', './a.b', './\xff']) list.add(path)
    expect(list.paths).toEqual(['.', 'a', 'a.b', 'a/c', 'b', '\xff'])
  })

  it('is given up when it has more than 4 MiB as JSON, for good', () => {
    const list = new ImpliedDirectories()
    const path = `./${'x'.repeat(2 ** 20)}`
    for (let count = 0; count < 3; count++) list.add(path)
    expect(list.paths).toHaveLength(3)
    list.add(path)
    expect(list.paths).toBeUndefined()
    list.add('./a')
    expect(list.paths).toBeUndefined()
  })
})

describe('an implied directory', () => {
  const chain = () => {
    const root = new Directory(undefined, '/root')
    const parent = new Directory(root, 'parent')
    return { root, parent, child: new Directory(parent, 'child') }
  }

  it('has no entry, and nothing hides the lower layers in it or above it', () => {
    expect(isImplied(chain().child)).toBe(true)
    const { child: listed } = chain()
    listed.listed = { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() }
    expect(isImplied(listed)).toBe(false)
    for (const name of ['root', 'parent', 'child'] as const) {
      const replaced = chain()
      replaced[name].replacesLower = true
      expect(isImplied(replaced.child)).toBe(false)
      const hidden = chain()
      hidden[name].opaque = true
      // An opaque directory hides what is in it, and has the attributes of the lower layer itself.
      expect(isImplied(hidden.child)).toBe(name === 'child')
    }
  })
})
