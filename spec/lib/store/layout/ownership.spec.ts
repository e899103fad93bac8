/** Everything in a user's store belongs to the user, and root uses no store that others can change. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { Store } from '../../../../lib/store/index.js'
import { writeRefusal } from '../../../../lib/store/layout/ownership.js'
import { SyncFile } from '../../../../lib/system/files.js'
import { setXattr } from '../../../../lib/system/index.js'
import { compareTrees, describeTree, type TreeEntry } from '../../../../lib/archive/index.js'
import {
  layersOfEveryKind,
  openDirectory,
  ordinaryUser,
  platform,
  windlassAs,
  writeLayout,
} from '../../../../testbench/harness/machine.js'

const asRoot = process.getuid?.() === 0
const acl = Buffer.from(
  '02000000010007 00ffffffff 02000700 37000000 04000000ffffffff 10000700ffffffff 20000000ffffffff'.replaceAll(
    ' ',
    '',
  ),
  'hex',
)
const give = (path: string): void => setXattr(Buffer.from(path), 'system.posix_acl_access', acl)

describe.runIf(asRoot)('a store that others can change', () => {
  const top = mkdtempSync(join(tmpdir(), 'windlass-owner-'))
  afterAll(() => rmSync(top, { recursive: true, force: true }))
  let made = 0
  const fresh = async (): Promise<string> => {
    const directory = join(top, String(made++))
    await (await Store.open(directory)).close()
    return directory
  }
  const cases: readonly (readonly [string, string, (path: string) => void])[] = [
    ['belongs to another', '', (path) => chownSync(path, 1234, 1234)],
    ['has names that belong to another', 'index.json', (path) => chownSync(path, 1234, 1234)],
    ['has blobs that belong to another', 'blobs', (path) => chownSync(path, 1234, 1234)],
    ['can be written to by all', '', (path) => chmodSync(path, 0o777)],
    ['has names that can be written to by all', 'index.json', (path) => chmodSync(path, 0o666)],
    ['has blobs that can be written to by all', 'blobs', (path) => chmodSync(path, 0o777)],
    [
      'can be written to by a group',
      '',
      (path) => {
        chownSync(path, 0, 77)
        chmodSync(path, 0o770)
      },
    ],
    ['can be written to by a user in an ACL', '', give],
  ]

  it.each(cases)('is refused for root where it %s, with what to do', async (_what, name, change) => {
    const directory = await fresh()
    change(join(directory, name))
    const before = await describeTree(directory)
    await expect(Store.open(directory)).rejects.toMatchObject({
      code: 'STORE_DENIED',
      exitCode: 7,
      message: expect.stringContaining(join(directory, name)) as string,
      hint: expect.stringMatching(/chmod go-w |sudo -u '#1234' windlass/) as string,
    })
    expect(await describeTree(directory)).toEqual(before)
  })

  it('may be made in a directory that was open to them while nothing was in it, as a new disk is', async () => {
    const directory = join(top, String(made++))
    mkdirSync(directory)
    chmodSync(directory, 0o1777)
    await (await Store.open(directory)).close()
    expect(statSync(directory).mode & 0o7777).toBe(0o700)
  })

  it('is taken again once it is closed to them, as the hint says', async () => {
    const directory = await fresh()
    chmodSync(directory, 0o777)
    const { hint = '' } = (await Store.open(directory).catch((error: unknown) => error)) as { hint?: string }
    expect(hint).toBe(`If you trust its content, take that permission away with “chmod go-w ${directory}”.`)
    chmodSync(directory, 0o755)
    await (await Store.open(directory)).close()
  })

  it('is told of to its owner, who goes on', () => {
    const place = openDirectory()
    try {
      const store = join(place.path, 'store')
      const images = () => windlassAs({ as: ordinaryUser }, 'images', '--store', store)
      const layout = writeLayout(join(place.path, 'layout'), layersOfEveryKind)
      expect(windlassAs({ as: ordinaryUser }, 'pull', '-q', '--store', store, layout.name)).toMatchObject({
        exit: 0,
      })
      expect(images()).toMatchObject({ exit: 0, stderr: '' })
      chmodSync(store, 0o777)
      expect(images()).toMatchObject({
        exit: 0,
        stderr: expect.stringMatching(
          /^windlass: warning: Other users can change the store at \S+: \S+ is writable by everyone\. If you trust its content, .*“chmod go-w \S+”\.\n$/,
        ) as string,
      })
    } finally {
      place.remove()
    }
  })
})

describe.runIf(asRoot)('a store that is open to a group', () => {
  const place = openDirectory()
  afterAll(() => place.remove())
  const layout = writeLayout(join(place.path, 'layout'), layersOfEveryKind)
  const other = writeLayout(join(place.path, 'other'), [[{ path: 'other', content: 'other' }]])
  const as = (uid: number, ...args: readonly string[]) =>
    windlassAs(
      { as: ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--groups', '77'], umask: '002' },
      ...args,
    )
  const [owner, member] = [1234, 1235]
  let made = 0
  /** Differences since `before`, except the mtime of the store: the program makes and removes a file there to see its owner. */
  const changed = async (before: readonly TreeEntry[], store: string): Promise<string[]> =>
    compareTrees(before, await describeTree(store), {
      except: ({ path, attribute }) => path === '.' && attribute === 'mtime',
    }).map(({ text }) => text)
  /** Makes a store of the owner with one image, and runs the shell script `open` in it. */
  const storeOf = (open: string): string => {
    const store = join(place.path, String(made++))
    mkdirSync(store)
    chownSync(store, owner, 77)
    chmodSync(store, 0o2775)
    expect(as(owner, 'pull', '-q', ...platform, layout.name, '--store', store).exit).toBe(0)
    execFileSync('bash', ['-ec', open], { cwd: store })
    return store
  }
  const shared = 'chgrp -R 77 .; chmod -R g+rwX .; find . -type d -exec chmod g+s {} +'
  const kinds = {
    'by its own program': shared,
    'by another tool': `rm -r layers staging partial lock windlass.json; ${shared}`,
  }

  it.each(Object.entries(kinds))(
    'is read by a member who is not its owner, and written to by the owner alone: made %s',
    async (_how, open) => {
      const store = storeOf(open)
      const before = await describeTree(store)
      expect(as(member, 'images', '--store', store)).toMatchObject({
        exit: 0,
        stdout: expect.stringContaining(layout.name) as string,
      })
      for (const args of [['pull', '-q', ...platform, other.name], ['rm', layout.name], ['gc']])
        expect(as(member, ...args, '--store', store)).toMatchObject({
          exit: 7,
          stdout: '',
          stderr: expect.stringMatching(
            new RegExp(
              `windlass: The store at ${store} belongs to user ${owner}, and only its owner may write to it\n {2}Use a store of your own`,
            ),
          ) as string,
        })
      expect(await changed(before, store)).toEqual([])
      for (const args of [
        ['pull', '-q', ...platform, other.name],
        ['verify', '--repair'],
        ['rm', other.name],
        ['gc'],
      ])
        expect(as(owner, ...args, '--store', store).exit).toBe(0)
    },
  )

  it('gives its images to a store of the member, as the hint says', () => {
    const store = storeOf(shared)
    const own = join(place.path, `own-${made++}`)
    const { stderr } = as(member, 'gc', '--store', store)
    const [, way = ''] = /“windlass (pull .*?) --store DIR”/.exec(stderr) ?? []
    const args = way.replace('NAME', layout.name).split(' ')
    expect(args[1]).toBe(`oci:${store}:${layout.name}`)
    expect(as(member, ...args, '-q', ...platform, '--store', own).exit).toBe(0)
    expect(as(member, 'verify', '--store', own).exit).toBe(0)
  })

  it('is not made by a member in a directory of the owner, who makes it then', () => {
    const store = join(place.path, String(made++))
    mkdirSync(store)
    chownSync(store, owner, 77)
    chmodSync(store, 0o2775)
    const pull = ['pull', '-q', ...platform, layout.name, '--store', store]
    expect(as(member, ...pull)).toMatchObject({ exit: 7, stdout: '' })
    expect(readdirSync(store)).toEqual([])
    expect(as(owner, ...pull).exit).toBe(0)
  })

  it('is repaired by its owner alone', async () => {
    const store = storeOf(shared)
    writeFileSync(join(store, 'index.json'), 'x')
    const before = await describeTree(store)
    expect(as(member, 'verify', '--repair', '--store', store)).toMatchObject({ exit: 7, stdout: '' })
    expect(await changed(before, store)).toEqual([])
    expect(as(owner, 'verify', '--repair', '--store', store).exit).toBe(0)
  })

  it('is written to by all whom its mount names as the owner of every new file', async () => {
    const directory = join(place.path, String(made++))
    mkdirSync(directory)
    chownSync(directory, owner, owner)
    chmodSync(directory, 0o777)
    const ownerOfAll = vi
      .spyOn(SyncFile.prototype, 'stat')
      .mockImplementation(() => Promise.resolve(statSync(directory)))
    process.seteuid?.(member)
    try {
      expect(await writeRefusal(directory)).toBeUndefined()
      ownerOfAll.mockRestore()
      expect(await writeRefusal(directory)).toMatchObject({ code: 'STORE_DENIED' })
    } finally {
      process.seteuid?.(0)
    }
    expect(readdirSync(directory)).toEqual([])
  })
})

describe.runIf(asRoot)("a user's store", () => {
  const place = openDirectory()
  afterAll(() => place.remove())
  const { name } = writeLayout(join(place.path, 'layout'), layersOfEveryKind)
  const behind = { SUDO_UID: '1234', SUDO_GID: '1234' }
  const home = (): string => {
    const path = mkdtempSync(join(place.path, 'home-'))
    chownSync(path, 1234, 1234)
    return path
  }
  /** Describes the files that the user could not remove, and the devices and attributes that the user must not get. */
  const foreign = async (path: string): Promise<string[]> =>
    (await describeTree(path)).flatMap(({ path: at, uid, type, device, xattrs }) => [
      ...(uid === 1234 || device?.major === 0 ? [] : [`${at} belongs to ${uid}`]),
      ...((type === 'character' || type === 'block') && device?.major !== 0 ? [`${at} is a device`] : []),
      ...[...xattrs.keys()].filter((each) => !each.startsWith('user.')).map((each) => `${at} has ${each}`),
    ])

  it.each(['pulled before by the user', 'made by root'])(
    "stays that user's when root works for him by sudo: %s",
    async (how) => {
      const at = home()
      const store = ['--store', join(at, 'data/windlass')]
      const asUser = (...args: readonly string[]) => windlassAs({ as: ordinaryUser }, ...args, ...store)
      const bySudo = (...args: readonly string[]) => windlassAs({ env: behind }, ...args, ...store)
      if (how !== 'made by root') expect(asUser('images').exit).toBe(0)
      const { exit, stderr } = bySudo('pull', ...platform, name)
      expect(exit, stderr).toBe(0)
      expect(stderr).toMatch(
        /Files belong to 1234:1234 instead of the owners in the layer: the store belongs to user 1234/,
      )
      expect(await foreign(at)).toEqual([])
      expect(bySudo('verify')).toMatchObject({ exit: 0, stderr: '' })
      expect(asUser('verify')).toMatchObject({ exit: 0, stderr: '' })
      expect(asUser('pull', '-q', ...platform, name)).toMatchObject({ exit: 0 })
      expect(asUser('unpack', '-q', ...platform, name, join(at, 'flat'))).toMatchObject({ exit: 0 })
      expect(readdirSync(join(at, 'flat/old'))).toEqual([])
      expect(bySudo('gc').exit).toBe(0)
      expect(await foreign(at)).toEqual([])
      expect(asUser('rm', name).exit).toBe(0)
      expect(asUser('gc').stdout).toMatch(/^Removed 6 objects, /m)
      expect(bySudo('images').exit).toBe(0)
      expect(await foreign(at)).toEqual([])
    },
  )

  it("stays that user's when root repairs its list of names for him by sudo, and is refused otherwise", async () => {
    const at = home()
    const store = ['--store', join(at, 'store')]
    expect(windlassAs({ as: ordinaryUser }, 'pull', '-q', ...platform, name, ...store).exit).toBe(0)
    writeFileSync(join(at, 'store/index.json'), 'x')
    const before = await describeTree(at)
    expect(windlassAs({}, 'verify', '--repair', ...store)).toMatchObject({ exit: 7, stdout: '' })
    expect(await describeTree(at)).toEqual(before)
    expect(windlassAs({ env: behind }, 'verify', '--repair', ...store).exit).toBe(0)
    expect(await foreign(at)).toEqual([])
    expect(windlassAs({ as: ordinaryUser }, 'images', ...store).exit).toBe(0)
  })

  it('is refused for root who does not come from that user, and is as it was', async () => {
    const at = home()
    const store = ['--store', join(at, 'store')]
    expect(windlassAs({ as: ordinaryUser }, 'pull', '-q', ...platform, name, ...store).exit).toBe(0)
    const before = await describeTree(at)
    for (const env of [{}, { SUDO_UID: '4321' }, { SUDO_UID: '0' }, { SUDO_UID: 'alice' }]) {
      const { exit, stderr } = windlassAs({ env }, 'pull', '-q', ...platform, name, ...store)
      expect(exit).toBe(7)
      expect(stderr).toMatch(/belongs to user 1234.*\n {2}Use it as that user \(sudo -u '#1234' windlass …\)/)
    }
    expect(await describeTree(at)).toEqual(before)
  })
})
