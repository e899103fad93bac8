/** A store wherever it stands: below a directory that hands something down, with parts on other mounts. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setXattr } from '../../lib/system/index.js'
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

const place = openDirectory()
let layout: Layout
beforeAll(() => (layout = writeLayout(join(place.path, 'layout'), layersOfEveryKind)))
afterAll(() => place.remove())

/** A directory of the user that runs. */
function directoryOf(as: readonly string[]): string {
  const path = mkdtempSync(join(place.path, 'at-'))
  if (as.length > 0) chownSync(path, 1234, 1234)
  chmodSync(path, 0o755)
  return path
}

/** POSIX ACL version 2: owner rwx, user 77 rwx, group rwx, mask rwx, others rwx. */
const acl = Buffer.from(
  '020000000100' +
    '0700ffffffff' +
    '020007004d000000' +
    '04000700ffffffff' +
    '10000700ffffffff' +
    '20000700ffffffff',
  'hex',
)

interface Place {
  readonly where: string
  readonly prepare?: (path: string) => void
  readonly umask?: string
}
const setgid = (path: string): void => {
  if (isRoot) chownSync(path, -1, 77)
  chmodSync(path, 0o2755)
}
const places: readonly Place[] = [
  {
    where: 'below a directory with a default ACL',
    prepare: (path) => setXattr(Buffer.from(path), 'system.posix_acl_default', acl),
  },
  { where: 'below a setgid directory', prepare: setgid },
  { where: 'with the umask 0000', umask: '0000' },
  { where: 'with the umask 0077', umask: '0077' },
  { where: 'with the umask 0777', umask: '0777' },
]

describe.each(availableUsers)('the store of %s', (_user, as) => {
  /** Trees of the layers in both forms, and of the image. */
  async function trees({ prepare, umask = '022' }: Partial<Place>): Promise<TreeEntry[][]> {
    const path = directoryOf(as)
    prepare?.(path)
    const store = join(path, 'store')
    const run = (...args: readonly string[]) => {
      const { exit, stdout, stderr } = windlassAs({ as, umask }, ...args, '--store', store)
      expect(exit, stderr).toBe(0)
      return stdout
    }
    for (const form of ['overlay', 'aufs']) run('pull', '-q', ...platform, '--whiteouts', form, layout.name)
    run('unpack', '-q', ...platform, layout.name, join(path, 'flat'))
    expect(run('verify')).toContain('4 unpacked layers, 0 problems')
    const found = [await describeTree(join(path, 'flat'))]
    for (const diffID of layout.diffIDs) {
      const layer = join(store, 'layers', ...diffID.split(':'))
      const names = readdirSync(layer).filter((name) => name.startsWith('rootfs'))
      expect(names.sort()).toEqual(['rootfs', 'rootfs.aufs'])
      for (const name of names) found.push(await describeTree(join(layer, name)))
    }
    run('rm', layout.name)
    expect(run('gc')).toMatch(/^Removed 6 objects, /m)
    return found
  }
  let plain: TreeEntry[][]
  beforeAll(async () => (plain = await trees({})))

  it.each(places)('holds $where the same trees', async (each) => {
    const found = await trees(each)
    const differences = plain.flatMap((tree, at) =>
      // When an image was unpacked is the time of a root that no layer names.
      compareTrees(tree, found[at] ?? [], {
        except: ({ path, attribute }) => at === 0 && path === '.' && attribute === 'mtime',
      }),
    )
    expect(differences.map(({ text }) => text)).toEqual([])
  })
})

describe.runIf(isRoot)('a store with parts on mounts of their own', () => {
  const mounted: string[] = []
  afterAll(() => {
    for (const path of mounted.reverse()) execFileSync('umount', ['-l', path])
  })
  const kinds = ['another file system', 'a bind mount of the same'] as const
  const parts = [['layers'], ['blobs'], ['layers', 'blobs']]
  const cases = availableUsers.flatMap(([user, as]) =>
    kinds.flatMap((kind) =>
      parts.map((which) => ({
        user,
        as,
        kind,
        which,
        title: `${which.join(' and ')} on ${kind}, of ${user}`,
      })),
    ),
  )

  it.each(cases)('works: $title', ({ as, kind, which }) => {
    const path = directoryOf(as)
    const store = join(path, 'store')
    const run = (...args: readonly string[]) => {
      const { exit, stdout, stderr } = windlassAs({ as }, ...args, '--store', store)
      expect(exit, stderr).toBe(0)
      return stdout
    }
    run('pull', '-q', ...platform, layout.name)
    run('rm', layout.name)
    run('gc')
    for (const part of which) {
      const elsewhere = join(path, `elsewhere-${part}`)
      mkdirSync(elsewhere)
      const options = kind === 'another file system' ? ['-t', 'tmpfs', 'tmpfs'] : ['--bind', elsewhere]
      execFileSync('mount', [...options, join(store, part)])
      mounted.push(join(store, part))
      if (as.length > 0) chownSync(join(store, part), 1234, 1234)
      chmodSync(join(store, part), 0o700)
    }
    for (const form of ['overlay', 'aufs']) run('pull', '-q', ...platform, '--whiteouts', form, layout.name)
    expect(run('verify')).toContain('4 unpacked layers, 0 problems')
    writeFileSync(join(store, 'layers', ...layout.diffIDs[0]!.split(':'), 'rootfs/etc/more'), '')
    expect(run('verify', '--repair')).toMatch(/^repaired {2}tree [\s\S]*1 problem/m)
    expect(run('verify')).toContain('0 problems')
    run('rm', layout.name)
    expect(run('gc')).toMatch(/^Removed 6 objects, /m)
    expect(run('verify')).toMatch(/0 blobs \(0 B\), 0 unpacked layers, 0 problems\n$/)
    for (const staging of ['staging', ...which.map((part) => `${part}/.staging`)])
      expect(readdirSync(join(store, staging)), staging).toEqual([])
  })
})
