import { chmodSync, chownSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ImpliedDirectories } from '../../../../lib/archive/rootfs/implied-directories.js'
import { systemCallsAvailable, setXattr } from '../../../../lib/system/index.js'
import {
  device,
  directory,
  fifo,
  file,
  hardlink,
  refusal,
  scratch,
  symlink,
  whiteout,
} from '../../../support/archive/scratch.js'
import { openPaths } from '../../../support/open-paths.js'

const disk = vi.hoisted(() => ({ isFull: false }))
vi.mock('node:fs', async (original) => {
  const real = await original<{ writeSync(...values: readonly unknown[]): number }>()
  return {
    ...real,
    writeSync: (...values: readonly unknown[]) => {
      if (disk.isFull)
        throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', errno: -28, syscall: 'write' })
      return real.writeSync(...values)
    },
  }
})

describe('paths and links in layers (threats §1)', () => {
  it.each([
    ['../../x', 'x file'],
    ['/x', 'x file'],
    ['//x', 'x file'],
    ['./x', 'x file'],
    ['a/b/../c', 'a directory|a/c file'],
    ['a/../../../x', 'x file'],
    ['..//.././x', 'x file'],
  ])('takes %s for a name inside the root', async (name, expected) => {
    const it = await scratch()
    it.apply([file(name)])
    expect(await it.paths()).toEqual(expected.split('|'))
    await it.untouched()
  })

  it.each(['../root-outside', '/root-outside', '../../../../../../tmp'])(
    'writes through a link to %s inside of the root only',
    async (target) => {
      const it = await scratch()
      it.apply([
        symlink('link', target),
        file('link/secret', 'new'),
        directory('link/deeper/'),
        file('link/deeper/x'),
      ])
      const name = target.replace(/^[./]+/, '')
      expect(await it.paths()).toEqual([
        'link symlink',
        `${name} directory`,
        `${name}/deeper directory`,
        `${name}/deeper/x file`,
        `${name}/secret file`,
      ])
      await it.untouched()
    },
  )

  it('resolves links in parents like chroot: relative, absolute, nested, with dots', async () => {
    const it = await scratch()
    it.apply([
      directory('usr/lib'),
      symlink('lib', 'usr/lib'),
      symlink('usr/lib/up', '../../usr/./lib/../share'),
      symlink('abs', '/lib'),
      file('lib/a'),
      file('abs/b'),
      file('abs/up/c'),
    ])
    expect(await it.paths()).toEqual([
      'abs symlink',
      'lib symlink',
      'usr directory',
      'usr/lib directory',
      'usr/lib/a file',
      'usr/lib/b file',
      'usr/lib/up symlink',
      'usr/share directory',
      'usr/share/c file',
    ])
  })

  it('never follows the last component', async () => {
    const it = await scratch()
    it.apply([symlink('a', '../root-outside/secret'), file('a', 'new')])
    it.apply([symlink('b', '../root-outside'), directory('b', { mode: 0o777 })])
    it.apply([symlink('c', '../root-outside/secret'), symlink('c', 'else')])
    expect(await it.paths()).toEqual(['a file', 'b directory', 'c symlink'])
    await it.untouched()
  })

  it('forgets a directory that was removed or replaced by a link or file', async () => {
    const it = await scratch()
    it.apply([
      directory('d/e'),
      file('d/e/1'),
      symlink('d', '../root-outside'),
      file('d/secret', 'new'),
      file('d/e/2'),
    ])
    expect(await it.paths()).toEqual([
      'd symlink',
      'root-outside directory',
      'root-outside/e directory',
      'root-outside/e/2 file',
      'root-outside/secret file',
    ])
    await it.untouched()
    const other = await scratch()
    other.apply([file('d/e/f'), file('d'), file('d/e/g')])
    expect(await other.paths()).toEqual(['d directory', 'd/e directory', 'd/e/g file'])
  })

  it('does not confuse names that differ in case, composition or ligatures', async () => {
    const it = await scratch()
    const nfc = Buffer.from('é').toString('latin1')
    const nfd = Buffer.from('e\u0301').toString('latin1')
    it.apply([
      directory(nfc),
      symlink(nfd, '../root-outside'),
      file(`${nfc}/x`),
      directory('D'),
      symlink('d', 'D'),
      file('d/y'),
    ])
    expect(await it.paths()).toEqual(
      ['D directory', 'D/y file', 'd symlink', `${nfd} symlink`, `${nfc} directory`, `${nfc}/x file`].sort(),
    )
    await it.untouched()
  })

  it('creates hard links only to targets inside the root', async () => {
    const it = await scratch()
    it.apply([
      file('a'),
      symlink('dir', '/'),
      hardlink('b', '/a'),
      hardlink('c', '../../a'),
      hardlink('d', 'dir/a'),
    ])
    const tree = await it.tree()
    expect(['b', 'c', 'd'].map((path) => tree.get(path)?.hardlink)).toEqual(['a', 'a', 'a'])
    for (const target of ['/etc/passwd', '../root-outside/secret', 'missing', 'a/b', '.', '']) {
      const error = refusal(() => it.apply([hardlink('evil', target)]))
      expect([error.code, error.message]).toEqual(['LAYER_INVALID', expect.stringContaining('"evil"')])
    }
    expect(refusal(() => it.apply([directory('real'), hardlink('evil', 'real')])).message).toMatch(
      /which is a directory/,
    )
    await it.untouched()
  })

  it('creates a hard link to a symlink itself', async () => {
    const it = await scratch()
    it.apply([symlink('s', '../root-outside/secret'), hardlink('deep/t', 's')])
    expect((await it.tree()).get('s')).toMatchObject({ type: 'symlink', hardlink: 'deep/t' })
    expect(readlinkSync(join(it.root, 'deep/t'))).toBe('../root-outside/secret')
    expect(statSync(join(it.root, '../root-outside/secret')).nlink).toBe(1)
  })

  it('never writes to an inode with several names, in one layer or two', async () => {
    const it = await scratch()
    it.apply([file('a', 'old'), hardlink('b', 'a'), file('b', 'new')])
    it.apply([file('c', 'old'), hardlink('d', 'c')])
    it.apply([file('d', 'new')])
    expect(['a', 'b', 'c', 'd'].map((name) => readFileSync(join(it.root, name), 'utf8'))).toEqual([
      'old',
      'new',
      'old',
      'new',
    ])
  })

  it('ignores a hard link to its own name, and rejects one that replaces its target', async () => {
    const it = await scratch()
    it.apply([file('a', 'x'), hardlink('a', 'a')])
    expect(readFileSync(join(it.root, 'a'), 'utf8')).toBe('x')
    expect(refusal(() => it.apply([file('d/f'), hardlink('d', 'd/f')])).code).toBe('LAYER_INVALID')
  })

  it.each(['.', '/', '..', '', 'a/..', './'])('rejects a root (%j) that is not a directory', async (name) => {
    const it = await scratch()
    for (const entry of [symlink(name, '/etc'), file(name), hardlink(name, 'x'), fifo(name)])
      expect(refusal(() => it.apply([entry])).message).toMatch(/the root can only be a directory/)
    it.apply([directory(name, { mode: 0o711 })])
    expect((await it.tree()).get('.')?.mode).toBe(0o711)
  })

  it('rejects loops and long chains of links', async () => {
    const it = await scratch()
    it.apply([symlink('a', 'b'), symlink('b', 'a'), symlink('self', 'self/x')])
    for (const name of ['a/x', 'self/x'])
      expect(refusal(() => it.apply([file(name)])).message).toMatch(/more than 40 symlinks/)
    const chain = Array.from({ length: 60 }, (_, i) => symlink(`l${i}`, `l${i + 1}`))
    it.apply(chain)
    expect(refusal(() => it.apply([file('l0/x')])).code).toBe('LAYER_INVALID')
    expect(refusal(() => it.apply([hardlink('h', 'a/x')])).code).toBe('LAYER_INVALID')
  })

  it('keeps link targets byte for byte', async () => {
    const it = await scratch()
    const targets = ['/etc/passwd', '../../..', 'a//b/./', '\xff\xfe', 'x'.repeat(4000)]
    it.apply(targets.map((target, index) => symlink(`s${index}`, target)))
    const tree = await it.tree()
    expect(targets.map((_, index) => tree.get(`s${index}`)?.target)).toEqual(targets)
    for (const target of ['', 'a\0b', 'x'.repeat(4097)])
      expect(refusal(() => it.apply([symlink('bad', target)])).code).toBe('LAYER_INVALID')
  })
})

describe('names and targets of a layer', () => {
  it('may be as long as Linux allows', async () => {
    const it = await scratch()
    const name = 'n'.repeat(255)
    const target = 't/'.repeat(2047) + 't'
    it.apply([file(name), symlink('s', target), directory(`${name}-/..`)])
    expect(readlinkSync(join(it.root, 's'))).toHaveLength(4095)
    for (const bad of [file(`${name}n`), symlink('s2', `${target}t`), directory(`${name}n`)])
      expect(refusal(() => it.apply([bad])).code).toBe('LAYER_INVALID')
  })

  it('must not contain NUL', async () => {
    const it = await scratch()
    for (const bad of [file('a\0b'), directory('d\0'), symlink('s', 'a\0b'), hardlink('h', 'a\0b')])
      expect(refusal(() => it.apply([file('a'), bad])).code).toBe('LAYER_INVALID')
    expect(await it.paths()).toEqual(['a file'])
  })

  it('may contain as many links as Linux follows; absolute links start at the root of the tree', async () => {
    const it = await scratch()
    const chain = (links: number) => [
      directory('d'),
      ...Array.from({ length: links }, (_, at) => symlink(`s${at}`, at === 0 ? 'd' : `s${at - 1}`)),
      file(`s${links - 1}/x`),
    ]
    it.apply(chain(40))
    expect(await it.paths()).toContain('d/x file')
    expect(refusal(() => it.apply(chain(41))).code).toBe('LAYER_INVALID')
    const other = await scratch()
    other.apply([directory('a/b'), directory('b'), symlink('a/link', '/b'), file('a/link/x')])
    expect(await other.paths()).toContain('b/x file')
  })
})

describe('a hard link', () => {
  it('must not refer to a whiteout or to a hidden name', async () => {
    for (const whiteouts of ['overlay', 'aufs'] as const) {
      if (whiteouts === 'overlay' && !systemCallsAvailable()) continue
      for (const target of ['.wh.gone', 'gone']) {
        const it = await scratch()
        const layer = [whiteout('.wh.gone'), hardlink('h', target)]
        expect(refusal(() => it.apply(layer, { whiteouts })).code).toBe('LAYER_INVALID')
      }
    }
  })
})

describe.runIf(process.geteuid?.() === 0)('a tree for an ordinary user', () => {
  const owner = { uid: 1000, gid: 1000 }

  it('has no devices or capabilities, and belongs to that user', async () => {
    const it = await scratch()
    const capability = new Map([
      ['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')],
    ])
    const warnings = it.apply(
      [file('a', 'x', { xattrs: capability }), device('null', 1, 3), hardlink('also', 'null'), file('b')],
      { owner, whiteouts: 'aufs' },
    )
    expect([...new Set(warnings)].sort()).toEqual(['DEVICE_SKIPPED', 'OWNER_SKIPPED', 'XATTR_SKIPPED'])
    expect(await it.paths()).toEqual(['a file', 'b file'])
    const { uid, xattrs } = (await it.tree()).get('a')!
    expect([uid, [...xattrs.keys()]]).toEqual([1000, []])
  })

  it.runIf(systemCallsAvailable())(
    'is marked as a user can mark it where a directory is opaque',
    async () => {
      const it = await scratch()
      it.apply([directory('d'), whiteout('d/.wh..wh..opq')], { owner, whiteouts: 'overlay' })
      expect([...(await it.tree()).get('d')!.xattrs.keys()]).toEqual(['user.overlay.opaque'])
    },
  )
})

describe.runIf(process.geteuid?.() === 0)('a directory of a lower layer that is closed to its owner', () => {
  it('gets new entries, and its mode is restored', async () => {
    const it = await scratch()
    mkdirSync(join(it.root, 'closed'))
    for (const path of [it.root, join(it.root, 'closed')]) chownSync(path, 65_534, 65_534)
    for (const path of [it.root, join(it.root, 'closed')]) chmodSync(path, path === it.root ? 0o700 : 0o500)
    chmodSync(join(it.root, '..'), 0o755)
    process.seteuid?.(65_534)
    try {
      it.apply([file('closed/x')])
    } finally {
      process.seteuid?.(0)
    }
    expect((await it.tree()).get('closed')?.mode).toBe(0o500)
    expect(await it.paths()).toEqual(['closed directory', 'closed/x file'])
  })
})

describe.runIf(process.geteuid?.() === 0)('the largest 32-bit numbers', () => {
  it('are valid for a device and invalid for an owner', async () => {
    const it = await scratch()
    expect(it.apply([device('last', 0xfff, 0xfffff)])).toEqual([])
    expect((await it.tree()).get('last')!.device).toEqual({ major: 0xfff, minor: 0xfffff })
    expect(it.apply([device('none', 0x1000, 0), device('none2', 0, 0x100000)])).toEqual(['DEVICE_FOREIGN'])
    for (const owner of [{ uid: 2 ** 32 - 1 }, { gid: 2 ** 32 - 1 }])
      expect(it.apply([file('a', 'x', owner)])).toEqual(['OWNER_NONE'])
    expect((await it.tree()).get('a')).toMatchObject({ uid: 0, gid: 0 })
  })
})

describe.runIf(process.geteuid?.() === 0)('what new entries inherit from a lower directory', () => {
  it('is neither its group nor its default ACL', async () => {
    const it = await scratch()
    const path = join(it.root, 'd')
    mkdirSync(path)
    chownSync(path, 0, 5)
    chmodSync(path, 0o2755)
    // Version 2; then u::rwx, u:1000:rwx, g::r-x, m::rwx, o::r-x. Each is a tag, permissions and an id.
    const acl = Buffer.from(
      '02000000' +
        [
          '01000700ffffffff',
          '02000700e8030000',
          '04000500ffffffff',
          '10000700ffffffff',
          '20000500ffffffff',
        ].join(''),
      'hex',
    )
    if (systemCallsAvailable()) setXattr(Buffer.from(path), 'system.posix_acl_default', acl)
    it.apply([file('d/new', 'x', { mode: 0o640 }), directory('d/below')], { owner: 'process' })
    const tree = await it.tree()
    expect(tree.get('d')).toMatchObject({ mode: 0o2755, gid: 5 })
    if (systemCallsAvailable())
      expect([...tree.get('d')!.xattrs.keys()]).toEqual(['system.posix_acl_default'])
    for (const [name, mode] of [
      ['d/new', 0o640],
      ['d/below', 0o755],
    ] as const) {
      expect(tree.get(name)).toMatchObject({ mode, gid: process.getegid?.() })
      expect([...tree.get(name)!.xattrs.keys()]).toEqual([])
    }
  })
})

describe('a layer that cannot be applied as it is', () => {
  it('names the store or the directory of the user, and leaves no file open', async () => {
    for (const whiteouts of ['apply', 'aufs'] as const) {
      const it = await scratch()
      disk.isFull = true
      onTestFinished(() => void (disk.isFull = false))
      const error = refusal(() => it.apply([file('a', 'content')], { whiteouts }))
      disk.isFull = false
      expect(error).toMatchObject({ code: 'STORE_FULL', subject: { path: it.root } })
      expect(error.hint).toContain(whiteouts === 'apply' ? 'a directory on another disk' : '--store')
      expect(openPaths().filter((path) => path.startsWith(it.root))).toEqual([])
    }
  })

  it('has a warning if it has too many unlisted directories to record', async () => {
    const paths = vi.spyOn(ImpliedDirectories.prototype, 'paths', 'get').mockReturnValue(undefined)
    onTestFinished(() => paths.mockRestore())
    const it = await scratch()
    expect(it.apply([file('a/b')], { whiteouts: 'aufs' })).toEqual(['IMPLIED_UNRECORDED'])
  })
})
