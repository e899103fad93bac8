/** A user's store stays the user's, and root takes none that others can change. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, statSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Store } from '../../../../lib/store/index.js'
import { setXattr } from '../../../../lib/system/index.js'
import { describeTree } from '../../../../lib/archive/index.js'
import {
  everything,
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
      const layout = writeLayout(join(place.path, 'layout'), everything)
      expect(windlassAs({ as: ordinaryUser }, 'pull', '-q', '--store', store, layout.name)).toMatchObject({
        exit: 0,
      })
      expect(images()).toMatchObject({ exit: 0, stderr: '' })
      chmodSync(store, 0o777)
      expect(images()).toMatchObject({
        exit: 0,
        stderr: expect.stringMatching(
          /^windlass: warning: Other users can change the store at \S+: \S+ is writable for everybody\. If you trust its content, .*“chmod go-w \S+”\.\n$/,
        ) as string,
      })
    } finally {
      place.remove()
    }
  })
})

describe.runIf(asRoot)("a user's store", () => {
  const place = openDirectory()
  afterAll(() => place.remove())
  const { name } = writeLayout(join(place.path, 'layout'), everything)
  const behind = { SUDO_UID: '1234', SUDO_GID: '1234' }
  const home = (): string => {
    const path = mkdtempSync(join(place.path, 'home-'))
    chownSync(path, 1234, 1234)
    return path
  }
  /** What the user could not remove, or must not have. */
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
      expect(asUser('gc').stdout).toMatch(/^Removed 6: /m)
      expect(bySudo('images').exit).toBe(0)
      expect(await foreign(at)).toEqual([])
    },
  )

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
