import { chmodSync, chownSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  device,
  directory,
  fifo,
  file,
  refusal,
  scratch,
  symlink,
  whiteout,
} from '../../../support/archive/scratch.js'

const asRoot = process.geteuid?.() === 0

describe('types, attributes and names (threats §3)', () => {
  it('replaces existing entries: the last entry of a name wins', async () => {
    const it = await scratch()
    it.apply([file('a', 'long content'), file('a', 'x')])
    it.apply([file('b'), directory('b'), file('b/c')])
    it.apply([file('d/e/f'), file('d')])
    it.apply([file('m/1', '1'), directory('m', { mode: 0o700 }), file('m/2', '2')])
    expect(await it.paths()).toEqual([
      'a file',
      'b directory',
      'b/c file',
      'd file',
      'm directory',
      'm/1 file',
      'm/2 file',
    ])
    expect(readFileSync(join(it.root, 'a'), 'utf8')).toBe('x')
    expect((await it.tree()).get('m')?.mode).toBe(0o700)
  })

  it('a lower directory with a new entry gets all its attributes from that entry', async () => {
    const it = await scratch()
    const old = new Map([['user.old', Buffer.from('1')]])
    it.apply([directory('d', { mode: 0o700, xattrs: old }), file('d/lower')])
    it.apply([
      directory('d', { mode: 0o1777, mtime: 5n, xattrs: new Map([['user.new', Buffer.from([0, 255])]]) }),
    ])
    const entry = (await it.tree()).get('d')
    expect(entry).toMatchObject({ mode: 0o1777, mtime: 5n, xattrs: new Map([['user.new', '\0\xff']]) })
    expect(await it.paths()).toContain('d/lower file')
  })

  it('a lower directory without a new entry keeps its times and mode when entries are created in it', async () => {
    const it = await scratch()
    it.apply([directory('.', { mtime: 7n }), directory('d', { mode: 0o555, mtime: -1n }), file('d/a')])
    it.apply([file('d/b')])
    it.apply([file('c')])
    const tree = await it.tree()
    expect(tree.get('d')).toMatchObject({ mode: 0o555, mtime: -1n })
    expect(tree.get('.')?.mtime).toBe(7n)
  })

  it.skipIf(!asRoot)(
    'gives everything its owner, also below a directory that hands its own down',
    async () => {
      const entries = [
        directory('d'),
        file('d/root'),
        symlink('d/link', 'root'),
        fifo('d/pipe'),
        file('other', '', { uid: 5, gid: 0 }),
        file('group', '', { uid: 0, gid: 6 }),
        directory('missing-parent/of', { mode: 0o2755, gid: 7 }),
        file('missing-parent/of/file'),
      ]
      const owners = async (prepare: (root: string) => void): Promise<string[]> => {
        const it = await scratch()
        prepare(it.root)
        it.apply(entries, { whiteouts: 'overlay' })
        return [...(await it.tree()).values()].map(({ path, uid, gid }) => `${path} ${uid}:${gid}`)
      }
      const plain = await owners(() => undefined)
      expect(plain).toEqual([
        '. 0:0',
        'd 0:0',
        'd/link 0:0',
        'd/pipe 0:0',
        'd/root 0:0',
        'group 0:6',
        'missing-parent 0:0',
        'missing-parent/of 0:7',
        'missing-parent/of/file 0:0',
        'other 5:0',
      ])
      const setgid = await owners((root) => {
        chownSync(root, 0, 1234)
        chmodSync(root, 0o2755)
      })
      expect(setgid).toEqual(plain)
      expect(await owners((root) => chownSync(root, 1234, 1234))).toEqual(plain)
    },
  )

  it('creates missing parents with fixed attributes', async () => {
    const it = await scratch()
    it.apply([file('a/b/c')])
    expect((await it.tree()).get('a/b')).toMatchObject({ mode: 0o755, mtime: 0n })
  })

  it('sets modes exactly despite the umask, including setuid, setgid and sticky', async () => {
    const it = await scratch()
    const modes = [0o000, 0o400, 0o644, 0o666, 0o777, 0o1777, 0o2755, 0o4755, 0o6711, 0o7777]
    it.apply(modes.flatMap((mode) => [file(`f${mode}`, 'x', { mode }), directory(`d${mode}`, { mode })]))
    const tree = await it.tree()
    expect(modes.map((mode) => [tree.get(`f${mode}`)?.mode, tree.get(`d${mode}`)?.mode])).toEqual(
      modes.map((m) => [m, m]),
    )
  })

  it('sets times to the nanosecond for files, links and directories, also before 1970; clamps times out of range', async () => {
    const it = await scratch()
    const times = [0n, 1n, -1n, 1_700_000_000_000_000_000n, 1_700_000_000_987_654_321n, -86_400_000_000_001n]
    it.apply(
      times.flatMap((mtime, i) => [
        directory(`d${i}`, { mtime }),
        file(`d${i}/f`, 'x', { mtime }),
        symlink(`d${i}/s`, 'f', { mtime }),
      ]),
    )
    const tree = await it.tree()
    const seen = times.map((_, i) => ['', '/f', '/s'].map((name) => tree.get(`d${i}${name}`)?.mtime))
    expect(seen).toEqual(times.map((mtime) => [mtime, mtime, mtime]))
    it.apply([file('far', 'x', { mtime: 2n ** 80n }), file('past', 'x', { mtime: -(2n ** 80n) })])
  })

  it.runIf(asRoot)('replaces the invalid owner 2^32 - 1 by root, with one warning', async () => {
    const it = await scratch()
    const none = 2 ** 32 - 1
    it.apply([directory('old', { uid: 7, gid: 7 })])
    const entries = [
      ...[file('f', '', { uid: none, gid: 5 }), symlink('s', 't', { uid: 5, gid: none })],
      ...[directory('d', { uid: none, gid: none }), directory('old', { uid: none, gid: none })],
    ]
    expect(it.apply(entries)).toEqual(['OWNER_NONE'])
    const tree = await it.tree()
    const owners = ['f', 's', 'd', 'old'].map((name) => [tree.get(name)?.uid, tree.get(name)?.gid])
    expect(owners).toEqual([
      [0, 5],
      [5, 0],
      [0, 0],
      [0, 0],
    ])
  })

  it.each([-1, 2 ** 32, 1.5])('refuses the owner %d', async (id) => {
    const it = await scratch()
    for (const entry of [
      file('f', '', { uid: id }),
      symlink('s', 't', { gid: id }),
      directory('d', { uid: id }),
    ])
      expect(refusal(() => it.apply([entry])).message).toMatch(/owner/)
  })

  it.runIf(asRoot)('as root: sets owners, then capabilities, and creates devices and FIFOs', async () => {
    const it = await scratch()
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
    const xattrs = new Map([
      ['security.capability', capability],
      ['user.bin', Buffer.from([0, 1, 255])],
    ])
    it.apply([
      file('ping', 'x', { uid: 1000, gid: 2 ** 32 - 2, mode: 0o4755, xattrs }),
      symlink('s', 'ping', { uid: 5, gid: 6 }),
      directory('d', { uid: 7, gid: 8, mode: 0o2775 }),
      device('null', 1, 3, { mode: 0o666 }),
      { ...device('disk', 259, 300, { mode: 0o4660, gid: 6 }), type: 'block-device' },
      fifo('pipe'),
    ])
    const tree = await it.tree()
    expect(tree.get('ping')).toMatchObject({ uid: 1000, gid: 2 ** 32 - 2, mode: 0o4755 })
    expect(tree.get('ping')?.xattrs).toEqual(
      new Map([
        ['security.capability', capability.toString('latin1')],
        ['user.bin', '\0\x01\xff'],
      ]),
    )
    expect(tree.get('s')).toMatchObject({ uid: 5, gid: 6 })
    expect(tree.get('d')).toMatchObject({ uid: 7, gid: 8, mode: 0o2775 })
    expect(tree.get('null')).toMatchObject({ type: 'character', device: { major: 1, minor: 3 }, mode: 0o666 })
    expect(tree.get('disk')).toMatchObject({
      type: 'block',
      device: { major: 259, minor: 300 },
      mode: 0o4660,
      gid: 6,
    })
    expect(tree.get('pipe')).toMatchObject({ type: 'fifo', mode: 0o644 })
  })

  it.each([
    [4096, 0],
    [0, 2 ** 20],
    [-1, 0],
    [2 ** 32 + 1, 3],
  ])('leaves out a device of the number %d:%d, which Linux does not have', async (major, minor) => {
    const it = await scratch()
    expect(it.apply([device('x', major, minor), file('y')])).toEqual(['DEVICE_FOREIGN'])
    expect(await it.paths()).toEqual(['y file'])
  })

  it('skips attributes and devices that overlayfs would interpret, and foreign attributes', async () => {
    const it = await scratch()
    const xattrs = new Map(
      ['trusted.overlay.opaque', 'user.overlay.opaque', 'user.overlay.whiteout', 'security.selinux'].map(
        (n) => [n, Buffer.from('y')],
      ),
    )
    const warnings = it.apply([
      directory('d', { xattrs }),
      file('f', 'x', { xattrs }),
      device('hidden', 0, 0),
    ])
    expect(warnings).toEqual(expect.arrayContaining(['XATTR_FOREIGN', 'WHITEOUT_DEVICE_SKIPPED']))
    expect(warnings).toHaveLength(2)
    const tree = await it.tree()
    expect([tree.get('d')?.xattrs.size, tree.get('f')?.xattrs.size, tree.get('hidden')]).toEqual([
      0,
      0,
      undefined,
    ])
  })

  it('warns of attributes that cannot be set, and rejects those beyond the limits of Linux', async () => {
    const it = await scratch()
    const xattrs = new Map([['user.no', Buffer.from('on a link')]])
    expect(it.apply([symlink('s', 't', { xattrs }), symlink('s2', 't', { xattrs })])).toEqual([
      'XATTR_SKIPPED',
    ])
    const bad = new Map([[`user.${'x'.repeat(300)}`, Buffer.from('y')]])
    expect(refusal(() => it.apply([file('f', '', { xattrs: bad })])).code).toBe('LAYER_INVALID')
  })

  it('keeps names as bytes', async () => {
    const it = await scratch()
    const names = [
      '\xff\xfe',
      'a\nb',
      '\x1b[31m',
      'back\\slash',
      '__proto__',
      'constructor',
      'x'.repeat(255),
      ' ',
      '...',
      '.whx',
    ]
    it.apply(names.flatMap((name) => [directory(name), file(`${name}/${name}`)]))
    expect((await it.paths()).sort()).toEqual(
      names.flatMap((name) => [`${name} directory`, `${name}/${name} file`]).sort(),
    )
  })

  it('rejects names that Linux does not support, with the escaped name', async () => {
    const it = await scratch()
    for (const entry of [
      file('y'.repeat(256)),
      directory(`a/${'y'.repeat(256)}`),
      file(`${'y'.repeat(256)}/b`),
    ])
      expect(refusal(() => it.apply([entry])).message).toMatch(/"(a\/)?yyy.*256 bytes, more than 255/)
    expect(refusal(() => it.apply([file('\x1b[31m\nevil\0')])).message).toContain('"\\x1b[31m\\x0aevil\\x00"')
    for (const entry of [file('z/'.repeat(2100) + 'x'), directory(`${'z'.repeat(250)}/`.repeat(17))])
      expect(refusal(() => it.apply([entry])).message).toMatch(/longer than 4095 bytes/)
    expect(await it.paths()).not.toContain('z directory')
  })

  it('replaces a file or link by a directory if the layer has entries below it, with one warning', async () => {
    for (const entry of [file('a'), fifo('a'), symlink('a', 'b'), symlink('a', 'b/c')]) {
      const it = await scratch()
      expect(it.apply([file('b'), entry, file('a/x'), directory('a/y')])).toEqual(['PARENT_REPLACED'])
      expect(await it.paths()).toEqual(['a directory', 'a/x file', 'a/y directory', 'b file'])
      expect((await it.tree()).get('a')).toMatchObject({ mode: 0o755, mtime: 0n })
    }
  })

  it('replaces a file or link of a lower layer by a directory without a warning', async () => {
    const it = await scratch()
    it.apply([file('b'), symlink('a', 'b'), directory('d'), file('d/f')])
    expect(it.apply([file('a/x'), file('d/f/g/h')])).toEqual([])
    expect(await it.paths()).toEqual([
      ...['a directory', 'a/x file', 'b file', 'd directory', 'd/f directory', 'd/f/g directory'],
      'd/f/g/h file',
    ])
  })

  it('replaces the link in the name of the entry, and not a target of the link', async () => {
    const it = await scratch()
    it.apply([file('f'), directory('d'), symlink('d/l', '../m'), symlink('m', 'f'), file('d/l/x/y')])
    expect(await it.paths()).toEqual([
      ...['d directory', 'd/l directory', 'd/l/x directory', 'd/l/x/y file', 'f file', 'm symlink'],
    ])
    const other = await scratch()
    other.apply([file('f'), directory('d'), symlink('l', 'd'), symlink('d/m', '../f'), file('l/m/x')])
    expect(await other.paths()).toEqual([
      ...['d directory', 'd/m directory', 'd/m/x file', 'f file', 'l symlink'],
    ])
    await it.untouched()
  })

  it('whiteouts below a file or link replace nothing', async () => {
    for (const whiteouts of ['apply', 'aufs', 'overlay'] as const) {
      const it = await scratch()
      expect(it.apply([file('a'), whiteout('a/.wh.b'), whiteout('a/.wh..wh..opq')], { whiteouts })).toEqual(
        [],
      )
      expect(await it.paths()).toEqual(['a file'])
    }
  })

  it('expands sparse files', async () => {
    const it = await scratch()
    const { LayerApplier } = await import('../../../../lib/archive/index.js')
    const applier = new LayerApplier({ root: it.root, whiteouts: 'apply' })
    applier.entry(file('s', '', { size: 1 << 24, sparse: true }))
    applier.data(Buffer.from('middle'), 1 << 20)
    applier.end()
    applier.finish()
    const { size, blocks } = statSync(join(it.root, 's'))
    expect([size, blocks < 64]).toEqual([1 << 24, true])
    expect(readFileSync(join(it.root, 's')).toString('latin1', 1 << 20, (1 << 20) + 6)).toBe('middle')
  })

  it('creates and removes 1,500 nested directories in linear time', async () => {
    const it = await scratch()
    const deep = Array.from({ length: 1500 }, (_, i) =>
      directory('d/'.repeat(i + 1), { mode: 0o500, mtime: 1n }),
    )
    const start = process.cpuUsage()
    it.apply(deep)
    it.apply([symlink('s', 'd'), file(`s/${'d/'.repeat(1499)}x`)])
    it.apply([file('d')])
    // CPU time of this process, so that other load on the machine does not matter.
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1_000).toBeLessThan(5_000)
    expect(await it.paths()).toEqual(['d file', 's symlink'])
  })

  it('resolves a link to the root once, and leaks no descriptor on failure', async () => {
    const it = await scratch()
    const link = join(it.root, '../root-link')
    symlinkSync(it.root, link)
    it.apply([file('a')], { root: link })
    expect(await it.paths()).toEqual(['a file'])
    writeFileSync(join(it.root, 'plain'), '')
    expect(() => it.apply([], { root: join(it.root, 'plain') })).toThrow()
  })
})
