/** Decides which differences of a tree are damage, and which are limits of the machine that stores it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { LayerApplier, compareTrees, type TreeEntry } from '../../../../lib/archive/index.js'
import { HostLimits, type DifferenceCause } from '../../../../lib/archive/tree/host-limits.js'

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
  ): Promise<DifferenceCause> {
    const entries = [entry({ path: '.', type: 'directory' })]
    const tree = join(root, 'layer/rootfs')
    const scratch = canTry ? join(root, 'scratch') : undefined
    const [difference, ...more] = compareTrees(expected ? [expected] : [], found ? [found] : [])
    expect(more).toEqual([])
    return new HostLimits({ tree, entries, scratch }).findCause(difference!)
  }

  it('is damage if the layer has no such entry, or if content, mode or type differ', async () => {
    expect(await decided(undefined, entry())).toBe('damage')
    expect(await decided(entry(), undefined)).toBe('damage')
    expect(await decided(entry(), entry({ mode: 0o600 }))).toBe('damage')
    expect(await decided(entry(), entry({ sha256: 'x' }))).toBe('damage')
    expect(await decided(entry(), entry({ type: 'fifo' }))).toBe('damage')
  })

  it('is damage if this machine can create the entry as in the layer', async () => {
    expect(await decided(entry({ uid: 7 }), entry({ uid: 8 }))).toBe('damage')
    expect(await decided(entry({ mtime: 7n }), entry({ mtime: 8n }))).toBe('damage')
  })

  it('has an unknown cause if that cannot be tested', async () => {
    expect(await decided(entry({ uid: 7 }), entry({ uid: 8 }), false)).toBe('unknown')
    expect(await decided(entry(), entry({ mode: 0o600 }), false)).toBe('damage')
  })

  it('is caused by the machine if only the owner of a whiteout differs', async () => {
    const whiteout = { type: 'character', device: { major: 0, minor: 0 } } as const
    expect(await decided(entry(whiteout), entry({ ...whiteout, uid: 8 }))).toBe('machine')
    const file = { path: 'd/.wh.a' }
    expect(await decided(entry(file), entry({ ...file, gid: 8 }))).toBe('machine')
  })

  it('is tested with entries that are removed, once for each value', async () => {
    const made: string[] = []
    const watched = vi.spyOn(LayerApplier.prototype, 'entry').mockImplementation(({ uid, gid }) => {
      made.push(`${uid}:${gid}`)
    })
    onTestFinished(() => watched.mockRestore())
    const entries = [entry({ path: '.', type: 'directory' })]
    const tree = join(root, 'layer/rootfs')
    const limits = new HostLimits({ tree, entries, scratch: join(root, 'scratch') })
    const decide = async (expected: Partial<TreeEntry>): Promise<void> => {
      const [difference] = compareTrees([entry(expected)], [entry({ ...expected, uid: 99 })])
      await limits.findCause(difference!)
      expect(readdirSync(join(root, 'scratch'))).toEqual([])
    }
    await decide({ uid: 1, gid: 1 })
    await decide({ path: 'b', uid: 1, gid: 1 })
    await decide({ uid: 1, gid: 2 })
    await decide({ uid: 2, gid: 1 })
    expect(made).toEqual(['1:1', '1:2', '2:1'])
  })

  it('has an unknown cause if the test entry cannot be created', async () => {
    const watched = vi.spyOn(LayerApplier.prototype, 'entry').mockImplementation(() => {
      throw new Error('no space left')
    })
    onTestFinished(() => watched.mockRestore())
    expect(await decided(entry({ uid: 7 }), entry({ uid: 8 }))).toBe('unknown')
    expect(readdirSync(join(root, 'scratch'))).toEqual([])
  })
})
