/** What was done to an unpacked layer is seen and mended, by root and by an ordinary user, also where that is closed to him. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lchownSync,
  lutimesSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeXattr, setXattr } from '../../lib/system/index.js'
import { compareTrees, describeTree, type TreeEntry } from '../../lib/archive/index.js'
import {
  isRoot,
  layersOfEveryKind,
  type Layout,
  openDirectory,
  platform,
  availableUsers,
  windlassAs,
  writeLayout,
} from '../../testbench/harness/machine.js'

const acl = Buffer.from(
  '02000000010006 00ffffffff 02000700 37000000 04000400ffffffff 10000700ffffffff 20000400ffffffff'.replaceAll(
    ' ',
    '',
  ),
  'hex',
)
const set = (path: string, name: string, value: Buffer | string): void =>
  setXattr(Buffer.from(path), name, Buffer.from(value))

const place = openDirectory()
let layout: Layout
beforeAll(() => (layout = writeLayout(join(place.path, 'layout'), layersOfEveryKind)))
afterAll(() => place.remove())

interface Change {
  readonly what: string
  readonly to: (root: string) => void
  readonly says: RegExp
}
const changes: readonly Change[] = [
  {
    what: 'an attribute more',
    to: (root) => set(join(root, 'etc'), 'user.more', 'x'),
    says: /etc: xattr:user\.more missing ≠ 0x78/,
  },
  {
    what: 'an attribute less',
    to: (root) => removeXattr(Buffer.from(join(root, 'plain')), 'user.k'),
    says: /plain: xattr:user\.k 0x76 ≠ missing/,
  },
  {
    what: 'an attribute with another value',
    to: (root) => set(join(root, 'plain'), 'user.k', 'w'),
    says: /plain: xattr:user\.k 0x76 ≠ 0x77/,
  },
  {
    what: 'an ACL',
    to: (root) => set(join(root, 'etc/passwd'), 'system.posix_acl_access', acl),
    says: /etc\/passwd: mode 0644 ≠ 0674; .*posix_acl_access missing/,
  },
  {
    what: 'a default ACL',
    to: (root) => set(join(root, 'etc'), 'system.posix_acl_default', acl),
    says: /etc: xattr:system\.posix_acl_default missing/,
  },
  {
    what: 'another mode',
    to: (root) => chmodSync(join(root, 'etc/passwd'), 0o604),
    says: /etc\/passwd: mode 0644 ≠ 0604/,
  },
  {
    what: 'a setuid bit less',
    to: (root) => chmodSync(join(root, 'bin/su'), 0o755),
    says: /bin\/su: mode 4755 ≠ 0755/,
  },
  {
    what: 'another mode of what is closed',
    to: (root) => chmodSync(join(root, 'closed'), 0o1),
    says: /closed: mode 0000 ≠ 0001/,
  },
  {
    what: 'other content of a file that is closed',
    to: (root) => appendFileSync(join(root, 'etc/shadow'), 'x'),
    says: /etc\/shadow: size 6 ≠ 7/,
  },
  {
    what: 'a file more',
    to: (root) => writeFileSync(join(root, 'etc/more'), ''),
    says: /etc\/more: entry missing ≠ file/,
  },
  { what: 'a fifo less', to: (root) => rmSync(join(root, 'fifo')), says: /fifo: entry fifo ≠ missing/ },
  {
    what: 'another owner',
    to: (root) => chownSync(join(root, 'etc/passwd'), 4, 4),
    says: /etc\/passwd: uid 0 ≠ 4; etc\/passwd: gid 0 ≠ 4/,
  },
  {
    what: 'another owner of a link',
    to: (root) => lchownSync(join(root, 'link'), 4, 4),
    says: /link: uid 9 ≠ 4; link: gid 9 ≠ 4/,
  },
  {
    what: 'another time',
    to: (root) => lutimesSync(join(root, 'link'), 1, 1),
    says: /link: mtime 0\.0+ ≠ 1\.0+/,
  },
  {
    what: 'a directory less that is closed',
    to: (root) => rmSync(join(root, 'closed'), { recursive: true }),
    says: /closed: entry directory ≠ missing/,
  },
]

describe.runIf(isRoot).each(availableUsers)('as %s', (_user, as) => {
  let store: string
  let root: string
  let before: TreeEntry[]
  const run = (...args: readonly string[]) => windlassAs({ as }, ...args, '--store', store)
  beforeAll(async () => {
    const path = mkdtempSync(join(place.path, 'at-'))
    chmodSync(path, 0o777)
    store = join(path, 'store')
    expect(run('pull', '-q', ...platform, layout.name).exit).toBe(0)
    root = join(store, 'layers', ...layout.diffIDs[0]!.split(':'), 'rootfs')
    before = await describeTree(root)
  })

  it('nothing is found where nothing was done, and nothing is changed by looking', async () => {
    expect(run('verify')).toMatchObject({ exit: 0, stderr: '' })
    expect(compareTrees(before, await describeTree(root))).toEqual([])
  })

  it.each(changes)('$what is found and mended', async ({ to, says }) => {
    to(root)
    const { exit, stdout } = run('verify')
    expect(exit).toBe(7)
    expect(stdout).toMatch(says)
    expect(run('verify', '--repair')).toMatchObject({ exit: 0, stderr: '' })
    expect(compareTrees(before, await describeTree(root)).map(({ text }) => text)).toEqual([])
    expect(run('verify').exit).toBe(0)
  })

  it('two that verify at once see nothing of each other', async () => {
    const script = '"$@" verify --store "$STORE" & one=$!; "$@" verify --store "$STORE" && wait $one'
    const command = [...as, process.execPath, 'dist/cli/main.js']
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', STORE: store }
    for (let round = 0; round < 3; round++)
      expect(
        execFileSync('bash', ['-c', script, 'bash', ...command], { env, encoding: 'utf8' }).match(
          / 0 problems/g,
        ),
      ).toHaveLength(2)
    expect(compareTrees(before, await describeTree(root))).toEqual([])
  })
})
