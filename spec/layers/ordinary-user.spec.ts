import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  hostWhiteoutForm,
  LayerApplier,
  readLayerDirectory,
  compareTrees,
  describeTree,
} from '../../lib/archive/index.js'
import {
  device,
  directory,
  fifo,
  file,
  type Scratch,
  scratch,
  symlink,
  whiteout,
} from '../support/archive/scratch.js'

const nobody = 65534

/** What root may do is to lay down root's rights for the length of `work`; anybody else has none to lay down. */
function asOrdinary<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work()
  process.setegid!(nobody)
  process.seteuid!(nobody)
  try {
    return work()
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
  }
}

async function openScratch(): Promise<Scratch> {
  const it = await scratch()
  if (process.geteuid?.() === 0) chownSync(it.root, nobody, nobody)
  // The directory above is closed to others, as a staging directory is.
  chmodSync(join(it.root, '..'), 0o755)
  return it
}

describe('as an ordinary user', () => {
  it('makes everything but owners and devices, and says once each what it could not', async () => {
    const it = await openScratch()
    const warnings = asOrdinary(() =>
      it.apply([
        file('a', 'x', { uid: 1000 }),
        file('b', 'x', { uid: 1001, mode: 0o4755 }),
        device('null', 1, 3),
        device('zero', 1, 5),
        fifo('pipe'),
        file('caps', 'x', {
          mode: 0o444,
          xattrs: new Map([
            ['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')],
            ['user.k', Buffer.from('v')],
          ]),
        }),
        symlink('s', 'a', { uid: 5 }),
      ]),
    )
    expect(warnings.sort()).toEqual(['DEVICE_SKIPPED', 'OWNER_SKIPPED', 'XATTR_SKIPPED'])
    expect(await it.paths()).toEqual(['a file', 'b file', 'caps file', 'pipe fifo', 's symlink'])
    const tree = await it.tree()
    expect(tree.get('b')?.mode).toBe(0o4755)
    expect(tree.get('caps')).toMatchObject({ mode: 0o444, xattrs: new Map([['user.k', 'v']]) })
  })

  it('fills closed and read-only directories, over layers too, and leaves them so', async () => {
    const it = await openScratch()
    asOrdinary(() => {
      it.apply([
        directory('.', { mode: 0o555, mtime: 3n }),
        directory('none', { mode: 0, mtime: 1n }),
        file('none/a', 'x', { mode: 0 }),
        directory('none/deep', { mode: 0o100, mtime: 2n }),
        file('none/deep/b'),
        directory('gone', { mode: 0 }),
        file('gone/c'),
      ])
      it.apply([file('none/a', 'yy', { mode: 0 }), file('none/deep/d'), whiteout('.wh.gone')])
    })
    expect(await it.paths()).toEqual([
      'none directory',
      'none/a file',
      'none/deep directory',
      'none/deep/b file',
      'none/deep/d file',
    ])
    const tree = await it.tree()
    expect(tree.get('.')).toMatchObject({ mode: 0o555, mtime: 3n })
    expect(tree.get('none')).toMatchObject({ mode: 0, mtime: 1n })
    expect(tree.get('none/deep')).toMatchObject({ mode: 0o100, mtime: 2n })
    expect(tree.get('none/a')).toMatchObject({ mode: 0, size: 2 })
  })

  it('reads such a layer back, and leaves it as it was', async () => {
    const it = await openScratch()
    const other = await openScratch()
    const third = await openScratch()
    const before = await (async () => {
      asOrdinary(() =>
        it.apply([
          directory('none', { mode: 0 }),
          file('none/a', 'x', { mode: 0 }),
          directory('none/d', { mode: 0o200 }),
          file('z'),
        ]),
      )
      return describeTree(it.root)
    })()
    asOrdinary(() => {
      const applier = new LayerApplier({ root: other.root, whiteouts: 'apply' })
      for (const step of readLayerDirectory(it.root, applier)) expect(step).toBeUndefined()
      applier.finish()
      const abandoned = readLayerDirectory(
        it.root,
        new LayerApplier({ root: third.root, whiteouts: 'apply' }),
      )
      for (let steps = 0; steps < 3; steps++) abandoned.next()
      abandoned.return()
    })
    expect(compareTrees(before, await describeTree(it.root))).toEqual([])
    expect(compareTrees(before, await describeTree(other.root)).map(({ text }) => text)).toEqual([])
  })

  it('says where it may not write', async () => {
    const it = await openScratch()
    const closed = join(it.root, '../closed')
    mkdirSync(closed, { mode: 0o755 })
    onTestFinished(() => rmSync(closed, { recursive: true, force: true }))
    expect(() => asOrdinary(() => it.apply([file('a')], { root: closed }))).toThrow(
      /Unpacking "a" into .*\/closed failed: permission denied \(EACCES, open\)$/,
    )
  })

  it('knows which whiteouts it can make', async () => {
    const it = await openScratch()
    const can = await hostWhiteoutForm(it.root)
    expect(['overlay', 'aufs']).toContain(can)
    expect(await it.paths()).toEqual([])
    asOrdinary(() => it.apply([whiteout('.wh.x'), whiteout('d/.wh..wh..opq')], { whiteouts: 'aufs' }))
    expect(await it.paths()).toEqual(['.wh.x file', 'd directory', 'd/.wh..wh..opq file'])
  })
})
