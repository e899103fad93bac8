/** Decides which differences of a tree are damage, and which are limits of the machine that stores it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareTrees, type TreeEntry } from '../../../../lib/archive/index.js'
import { HostLimits, type Verdict } from '../../../../lib/archive/tree/host-limits.js'

const entry = (more: Partial<TreeEntry> = {}): TreeEntry => ({
  ...{ path: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: new Map() },
  ...more,
})

describe.runIf(process.geteuid?.() === 0)('a difference between a tree and its layer', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'windlass-host-'))
    mkdirSync(join(root, 'layer/rootfs'), { recursive: true })
    mkdirSync(join(root, 'scratch'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  async function decided(
    expected: TreeEntry | undefined,
    found: TreeEntry | undefined,
    canTry = true,
  ): Promise<Verdict> {
    const entries = [entry({ path: '.', type: 'directory' })]
    const tree = join(root, 'layer/rootfs')
    const scratch = canTry ? join(root, 'scratch') : undefined
    const [difference, ...more] = compareTrees(expected ? [expected] : [], found ? [found] : [])
    expect(more).toEqual([])
    return new HostLimits({ tree, entries, scratch }).decide(difference!)
  }

  it('is damage where the layer has no such entry, or another content, mode or type', async () => {
    expect(await decided(undefined, entry())).toBe('damage')
    expect(await decided(entry(), undefined)).toBe('damage')
    expect(await decided(entry(), entry({ mode: 0o600 }))).toBe('damage')
    expect(await decided(entry(), entry({ sha256: 'x' }))).toBe('damage')
    expect(await decided(entry(), entry({ type: 'fifo' }))).toBe('damage')
  })

  it('is damage where this machine makes such an entry as the layer has it', async () => {
    expect(await decided(entry({ uid: 7 }), entry({ uid: 8 }))).toBe('damage')
    expect(await decided(entry({ mtime: 7n }), entry({ mtime: 8n }))).toBe('damage')
  })

  it('is not known to be damage where that cannot be tried out', async () => {
    expect(await decided(entry({ uid: 7 }), entry({ uid: 8 }), false)).toBe('unknown')
    expect(await decided(entry(), entry({ mode: 0o600 }), false)).toBe('damage')
  })

  it('is of the machine where a whiteout belongs to whoever unpacked it', async () => {
    const whiteout = { type: 'character', device: { major: 0, minor: 0 } } as const
    expect(await decided(entry(whiteout), entry({ ...whiteout, uid: 8 }))).toBe('machine')
    const file = { path: 'd/.wh.a' }
    expect(await decided(entry(file), entry({ ...file, gid: 8 }))).toBe('machine')
  })
})
