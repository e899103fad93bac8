/** Each way in which two trees can differ is reported as one readable difference, and nothing else is reported. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareTrees, describeTree, type Difference, type TreeEntry } from '../../../../lib/archive/index.js'
import { systemCallsAvailable, setTimes, setXattr } from '../../../../lib/system/index.js'

const isRoot = process.getuid?.() === 0 && process.platform === 'linux'
const time = 1_600_000_000

describe('two trees', () => {
  let parent: string
  beforeEach(() => (parent = mkdtempSync(join(tmpdir(), 'windlass-tree-'))))
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  const plant = (name: string): string => {
    const root = join(parent, name)
    mkdirSync(join(root, 'dir'), { recursive: true })
    writeFileSync(join(root, 'dir', 'file'), 'content', { mode: 0o640 })
    writeFileSync(join(root, 'dir', 'twin'), 'content', { mode: 0o640 })
    writeFileSync(join(root, 'linked-a'), 'both')
    linkSync(join(root, 'linked-a'), join(root, 'linked-b'))
    symlinkSync('dir/file', join(root, 'link'))
    writeFileSync(Buffer.concat([Buffer.from(`${root}/odd\n`), Buffer.from([0xff])]), '')
    if (isRoot) {
      execFileSync('mknod', [join(root, 'device'), 'c', '4095', '70000'])
      execFileSync('mkfifo', [join(root, 'fifo')])
    }
    for (const path of ['dir/file', 'dir/twin', 'linked-a', 'device', 'fifo', 'dir', '.']) settle(root, path)
    utimesSync(Buffer.concat([Buffer.from(`${root}/odd\n`), Buffer.from([0xff])]), time, time)
    lutimesSync(join(root, 'link'), time, time)
    settle(root, '.')
    return root
  }
  const settle = (root: string, path: string): void => {
    try {
      utimesSync(join(root, path), time, time)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  const compare = async (change: (root: string) => void): Promise<Difference[]> => {
    const [left, right] = [plant('left'), plant('right')]
    change(right)
    return compareTrees(await describeTree(left), await describeTree(right))
  }
  const textsAfter = async (change: (root: string) => void): Promise<string[]> =>
    (await compare(change)).map(({ text }) => text)

  it('that are equal have no difference', async () => {
    expect(await textsAfter(() => undefined)).toEqual([])
  })

  it('differ in content of the same size', async () => {
    const found = await compare((root) => {
      writeFileSync(join(root, 'dir', 'file'), 'CONTENT')
      settle(root, 'dir/file')
    })
    expect(found.map(({ path, attribute }) => [path, attribute])).toEqual([['dir/file', 'sha256']])
    expect(found[0]?.text).toMatch(/^dir\/file: sha256 [0-9a-f]{64} ≠ [0-9a-f]{64}$/)
  })

  it('differ in size', async () => {
    const found = await compare((root) => {
      appendFileSync(join(root, 'dir', 'file'), '!')
      settle(root, 'dir/file')
    })
    expect(found.map(({ attribute }) => attribute)).toEqual(['size', 'sha256'])
    expect(found[0]?.text).toBe('dir/file: size 7 ≠ 8')
  })

  it('differ in mode, also of a directory and of the root', async () => {
    expect(
      await textsAfter((root) => {
        chmodSync(join(root, 'dir', 'file'), 0o4640)
        chmodSync(join(root, 'dir'), 0o1777)
        chmodSync(root, 0o700)
      }),
    ).toEqual(['.: mode 0755 ≠ 0700', 'dir: mode 0755 ≠ 1777', 'dir/file: mode 0640 ≠ 4640'])
  })

  it('differ in time by a nanosecond, before 1970 too', async () => {
    const found = await textsAfter((root) => {
      const late = BigInt(time) * 1_000_000_000n + 1n
      setTimes(Buffer.from(join(root, 'dir')), late, late)
      setTimes(Buffer.from(join(root, 'link')), -1n, -1n)
    })
    expect(found).toEqual([
      'dir: mtime 1600000000.000000000 ≠ 1600000000.000000001',
      'link: mtime 1600000000.000000000 ≠ -1.999999999',
    ])
  })

  it('differ in the target of a link, which is not followed', async () => {
    const found = await textsAfter((root) => {
      unlinkSync(join(root, 'link'))
      symlinkSync('dir/twin', join(root, 'link'))
      lutimesSync(join(root, 'link'), time, time)
      settle(root, '.')
    })
    expect(found).toEqual(['link: target dir/file ≠ dir/twin'])
  })

  it('differ in their hard links', async () => {
    const found = await textsAfter((root) => {
      unlinkSync(join(root, 'linked-b'))
      writeFileSync(join(root, 'linked-b'), 'both')
      unlinkSync(join(root, 'dir', 'twin'))
      linkSync(join(root, 'dir', 'file'), join(root, 'dir', 'twin'))
      for (const path of ['linked-b', 'dir', '.']) settle(root, path)
    })
    expect(found).toEqual(['dir/twin: hardlink missing ≠ dir/file', 'linked-b: hardlink linked-a ≠ missing'])
  })

  it('differ in an entry that only one has', async () => {
    const found = await textsAfter((root) => {
      unlinkSync(join(root, 'dir', 'twin'))
      mkdirSync(join(root, 'extra'))
      for (const path of ['dir', '.']) settle(root, path)
    })
    expect(found).toEqual(['dir/twin: entry file ≠ missing', 'extra: entry missing ≠ directory'])
  })

  it('differ in type, which is a single difference', async () => {
    const found = await textsAfter((root) => {
      unlinkSync(join(root, 'link'))
      mkdirSync(join(root, 'link'))
      settle(root, '.')
    })
    expect(found).toEqual(['link: type symlink ≠ directory'])
  })

  it('differ in names that are not text, printed on one line', async () => {
    const found = await textsAfter((root) => {
      unlinkSync(Buffer.concat([Buffer.from(`${root}/odd\n`), Buffer.from([0xff])]))
      writeFileSync(Buffer.concat([Buffer.from(`${root}/odd\n`), Buffer.from([0xfe])]), '')
      settle(root, '.')
    })
    expect(found).toEqual(['odd\\x0a\\xfe: entry missing ≠ file', 'odd\\x0a\\xff: entry file ≠ missing'])
  })

  it.skipIf(!isRoot)('differ in owner, also of a link', async () => {
    const found = await textsAfter((root) => {
      execFileSync('chown', ['-h', '7:8', join(root, 'dir'), join(root, 'link')])
    })
    expect(found).toEqual(['dir: uid 0 ≠ 7', 'dir: gid 0 ≠ 8', 'link: uid 0 ≠ 7', 'link: gid 0 ≠ 8'])
  })

  it.skipIf(!isRoot)('differ in the numbers of a device', async () => {
    const found = await textsAfter((root) => {
      unlinkSync(join(root, 'device'))
      execFileSync('mknod', [join(root, 'device'), 'c', '4095', '70001'])
      for (const path of ['device', '.']) settle(root, path)
    })
    expect(found).toEqual(['device: device 4095:70000 ≠ 4095:70001'])
  })

  it.skipIf(!isRoot || !systemCallsAvailable())(
    'differ in extended attributes: one more, another value, bytes, on links',
    async () => {
      const value = (text: string): Buffer => Buffer.from(text, 'latin1')
      const [left, right] = [plant('left'), plant('right')]
      for (const root of [left, right]) setXattr(Buffer.from(join(root, 'dir')), 'user.same', value('same'))
      setXattr(Buffer.from(join(left, 'dir')), 'user.value', value('\0\xff'))
      setXattr(Buffer.from(join(right, 'dir')), 'user.value', value('\0\xfe'))
      setXattr(Buffer.from(join(right, 'dir')), 'user.empty', value(''))
      setXattr(Buffer.from(join(right, 'link')), 'trusted.on-link', value('x'))
      const found = compareTrees(await describeTree(left), await describeTree(right))
      expect(found.map(({ text }) => text)).toEqual([
        'dir: xattr:user.value 0x00ff ≠ 0x00fe',
        'dir: xattr:user.empty missing ≠ 0x',
        'link: xattr:trusted.on-link missing ≠ 0x78',
      ])
    },
  )

  it('may be compared except for one kind of difference', async () => {
    const [left, right] = [plant('left'), plant('right')]
    chmodSync(join(right, 'dir'), 0o700)
    chmodSync(join(right, 'dir', 'file'), 0o600)
    const found = compareTrees(await describeTree(left), await describeTree(right), {
      except: ({ attribute, entries }) => attribute === 'mode' && entries.left?.type === 'directory',
    })
    expect(found.map(({ text }) => text)).toEqual(['dir/file: mode 0640 ≠ 0600'])
  })

  it.skipIf(!isRoot)(
    'are unchanged after they were read, including entries that their owner may not read',
    async () => {
      const closed = join(parent, 'closed')
      mkdirSync(join(closed, 'below'), { recursive: true })
      writeFileSync(join(closed, 'below', 'file'), 'x')
      for (const each of ['below/file', 'below', '.']) {
        chownSync(join(closed, each), 65_534, 65_534)
        chmodSync(join(closed, each), each === '.' ? 0o700 : 0)
      }
      chmodSync(parent, 0o755)
      process.seteuid?.(65_534)
      try {
        const modes = async () => (await describeTree(closed)).map(({ path, mode }) => [path, mode])
        const before = await modes()
        expect(before).toEqual([
          ['.', 0o700],
          ['below', 0],
          ['below/file', 0],
        ])
        expect(await modes()).toEqual(before)
      } finally {
        process.seteuid?.(0)
      }
    },
  )

  it('fail with ENOENT if the root is missing', async () => {
    await expect(describeTree(join(parent, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('any change to any entry', () => {
  const entry = fc.record({
    path: fc.string({ minLength: 1, unit: 'binary-ascii' }),
    type: fc.constantFrom('file' as const),
    mode: fc.nat(0o7777),
    uid: fc.nat(),
    gid: fc.nat(),
    size: fc.nat(),
    mtime: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    target: fc.string({ unit: 'binary-ascii' }),
    hardlink: fc.string({ unit: 'binary-ascii' }),
    device: fc.record({ major: fc.nat(), minor: fc.nat() }),
    sha256: fc.string({ minLength: 1 }),
    xattrs: fc
      .dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'binary-ascii' }))
      .map((all) => new Map(Object.entries(all))),
  })
  const trees = fc.uniqueArray(entry, { selector: ({ path }) => path, minLength: 1, maxLength: 5 })

  it('is exactly one difference, the same from both sides', () => {
    const change = (one: TreeEntry, which: number): TreeEntry =>
      [
        { ...one, mode: one.mode ^ 1 },
        { ...one, uid: one.uid + 1 },
        { ...one, gid: one.gid + 1 },
        { ...one, size: one.size + 1 },
        { ...one, mtime: one.mtime + 1n },
        { ...one, target: `${one.target ?? ''}x` },
        { ...one, hardlink: `${one.hardlink ?? ''}x` },
        { ...one, sha256: `${one.sha256 ?? ''}0` },
        { ...one, device: { major: one.device?.major ?? 0, minor: (one.device?.minor ?? 0) + 1 } },
        { ...one, xattrs: new Map([...one.xattrs, ['user.new value', 'x']]) },
        { ...one, type: 'symlink' as const },
      ][which] ?? one
    fc.assert(
      fc.property(trees, fc.nat(), fc.nat(10), (tree, at, which) => {
        const changed = tree.map((one, index) => (index === at % tree.length ? change(one, which) : one))
        const there = compareTrees(tree, changed)
        const back = compareTrees(changed, tree)
        expect(compareTrees(tree, [...tree].reverse())).toEqual([])
        expect(there).toHaveLength(1)
        expect(there[0]?.text).not.toMatch(/[\n\r]/)
        expect(back.map(({ left, right, attribute }) => [right, left, attribute])).toEqual(
          there.map(({ left, right, attribute }) => [left, right, attribute]),
        )
      }),
      { numRuns: 300 },
    )
  })
})
