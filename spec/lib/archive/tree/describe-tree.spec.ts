/** Reading a tree: what it leaves behind when it fails or is cancelled. Its entries are compared in compare-trees.spec. */
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { contentHash } from '../../../../lib/archive/tree/content-hash.js'
import { describeTree } from '../../../../lib/archive/tree/describe-tree.js'
import { sha256 } from '../../../../testbench/archives/archive.js'
import { openPaths } from '../../../support/open-paths.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const isRoot = process.geteuid?.() === 0
/** The file whose reading fails. */
const failing = vi.hoisted(() => ({ name: '' }))
vi.mock('../../../../lib/archive/tree/read-xattrs.js', async (original) => {
  const real = await original<{ readXattrs(path: Buffer): unknown }>()
  return {
    readXattrs: (path: Buffer) => {
      if (failing.name !== '' && path.toString().endsWith(failing.name)) throw new Error('disk error')
      return real.readXattrs(path)
    },
  }
})

describe('a tree that is read', () => {
  const directory = temporaryDirectory()
  let count = 0
  const made = (): string => {
    const path = join(directory, String(count++))
    mkdirSync(path)
    return path
  }

  it('is not read on when the signal aborts', async () => {
    const tree = made()
    for (let at = 0; at < 600; at++) writeFileSync(join(tree, String(at)), '')
    const reason = new Error('enough')
    await expect(describeTree(tree, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await describeTree(tree)).toHaveLength(601)
  })

  it('has its modes back when something in it cannot be read', async () => {
    const tree = made()
    const closed = join(tree, 'closed')
    mkdirSync(join(closed, 'inner'), { recursive: true })
    writeFileSync(join(closed, 'inner', 'broken'), '')
    const paths = [join(closed, 'inner'), closed]
    for (const path of paths) {
      if (isRoot) chownSync(path, 65_534, 65_534)
      chmodSync(path, 0o300)
    }
    if (isRoot) {
      chmodSync(directory, 0o755)
      for (const path of [tree, join(closed, 'inner', 'broken')]) chownSync(path, 65_534, 65_534)
    }
    failing.name = 'broken'
    try {
      await expect(asOrdinaryUser(() => describeTree(tree))).rejects.toThrow('disk error')
    } finally {
      failing.name = ''
    }
    expect(paths.map((path) => statSync(path).mode & 0o777)).toEqual([0o300, 0o300])
  })

  it('has the hashes of files of any size, and closes them', async () => {
    const tree = made()
    const path = join(tree, 'file')
    for (const size of [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20]) {
      const content = Buffer.alloc(size, 'content')
      writeFileSync(path, content)
      expect(await contentHash(Buffer.from(path), 0o644)).toBe(sha256(content))
    }
    expect(openPaths()).not.toContain(path)
    const link = join(tree, 'link')
    symlinkSync('file', link)
    await expect(contentHash(Buffer.from(link), 0o777)).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(contentHash(Buffer.from(tree), 0o755)).rejects.toMatchObject({ code: 'EISDIR' })
    expect(openPaths()).not.toContain(tree)
  })
})
