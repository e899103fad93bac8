/** A tree does not depend on where it is made: nothing that a directory hands down gets into it. */
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareTrees, describeTree, type TreeEntry } from '../../lib/archive/index.js'
import { setXattr } from '../../lib/system/index.js'
import {
  applyTo,
  device,
  directory,
  fifo,
  file,
  type Made,
  scratch,
  symlink,
  whiteout,
} from '../support/archive/scratch.js'

const asRoot = process.geteuid?.() === 0

/** POSIX ACL version 2: owner rwx, user 77 rwx, group rwx, mask rwx, others rwx. */
const acl = Buffer.from(
  '02000000' +
    ['0100', '0200', '0400', '1000', '2000']
      .map((tag) => `${tag}0700${tag === '0200' ? '4d000000' : 'ffffffff'}`)
      .join(''),
  'hex',
)
const defaultAcl = 'system.posix_acl_default'

const lower: readonly Made[] = [
  directory('d', { mode: 0o2775, gid: 7 }),
  directory('acl', { xattrs: new Map([[defaultAcl, acl]]) }),
  file('d/a', 'a', { mode: 0o600 }),
]
const upper: readonly Made[] = [
  file('d/b', 'b', { mode: 0o640 }),
  file('acl/b', 'b', { mode: 0o640 }),
  directory('acl/new'),
  file('d/implied/file'),
  symlink('acl/link', 'b'),
  fifo('d/fifo'),
  ...(asRoot ? [device('acl/null', 1, 3)] : []),
  whiteout('d/.wh.gone'),
]

const places: readonly (readonly [string, (root: string) => void])[] = [
  ['a default ACL', (root) => setXattr(Buffer.from(root), defaultAcl, acl)],
  ['an ACL of its own', (root) => setXattr(Buffer.from(root), 'system.posix_acl_access', acl)],
  [
    'setgid and another group',
    (root) => {
      if (asRoot) chownSync(root, 0, 1234)
      chmodSync(root, 0o2777)
    },
  ],
]
const umasks = [0, 0o022, 0o077, 0o777].map((mask) => [mask.toString(8), mask] as const)

/** The trees that `lower` and `upper` make in a directory that `prepare` was done to. */
async function trees(
  form: 'overlay' | 'aufs' | 'apply',
  prepare: (root: string) => void,
): Promise<TreeEntry[]> {
  const { root } = await scratch()
  prepare(root)
  const own = join(root, 'own')
  mkdirSync(own)
  if (form === 'apply') chmodSync(own, 0o755)
  for (const entries of form === 'apply' ? [[directory('.'), ...lower], upper] : [[...lower, ...upper]])
    applyTo({ root: own, whiteouts: form }, entries)
  return describeTree(own)
}

describe.each(['overlay', 'aufs', 'apply'] as const)('a tree of the form %s', (form) => {
  it.each(places)('is below a directory with %s what it is in a plain one', async (_what, prepare) => {
    const plain = await trees(form, () => undefined)
    expect(compareTrees(plain, await trees(form, prepare)).map(({ text }) => text)).toEqual([])
    expect(plain.find(({ path }) => path === 'acl/b')?.xattrs.size).toBe(0)
    expect([...(plain.find(({ path }) => path === 'acl')?.xattrs.keys() ?? [])]).toContain(defaultAcl)
  })

  it.runIf(asRoot).each(umasks)('is with the umask %s what it is with another', async (_name, mask) => {
    const plain = await trees(form, () => undefined)
    const before = process.umask(mask)
    try {
      expect(compareTrees(plain, await trees(form, () => undefined)).map(({ text }) => text)).toEqual([])
    } finally {
      process.umask(before)
    }
  })
})

it('a lower directory keeps its default ACL, its setgid bit and its times when something is put into it', async () => {
  const it = await scratch()
  it.apply([directory('d', { mode: 0o2755, mtime: 5n, xattrs: new Map([[defaultAcl, acl]]) })])
  const before = (await it.tree()).get('d')
  it.apply([file('d/new', 'x', { mode: 0o600 })])
  const tree = await it.tree()
  expect(tree.get('d')).toEqual(before)
  expect(tree.get('d/new')).toMatchObject({ mode: 0o600, xattrs: new Map() })
})
