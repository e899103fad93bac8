import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diskUsage } from '../../../../lib/store/files/disk-usage.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('the disk space of a tree', () => {
  const stores = new TemporaryStores()

  it('is what du reports: each file once despite hard links, any name, and nothing behind a symbolic link', async () => {
    const root = stores.fresh()
    const outside = stores.fresh()
    mkdirSync(join(root, 'a/b'), { recursive: true })
    writeFileSync(outside, Buffer.alloc(1 << 20, 'x'))
    writeFileSync(join(root, 'a/large'), Buffer.alloc(300_000, 'x'))
    writeFileSync(Buffer.concat([Buffer.from(join(root, 'a/b/')), Buffer.from([0xff, 0x0a])]), 'x')
    linkSync(join(root, 'a/large'), join(root, 'a/b/same'))
    symlinkSync(outside, join(root, 'link'))
    const output = execFileSync('du', ['-s', '--block-size=1', root], { encoding: 'utf8' })
    expect(await diskUsage(root)).toBe(Number(output.split('\t')[0]))
    expect(await diskUsage(outside)).toBe(1 << 20)
    expect(await diskUsage(join(root, 'none'))).toBe(0)
  })

  it.skipIf(process.getuid?.() !== 0)('does not count what this user may not read', async () => {
    const root = stores.fresh()
    mkdirSync(join(root, 'closed'), { recursive: true, mode: 0o755 })
    writeFileSync(join(root, 'open'), 'x')
    writeFileSync(join(root, 'closed/large'), Buffer.alloc(300_000, 'x'))
    chmodSync(stores.directory, 0o755)
    chmodSync(join(root, 'closed'), 0o700)
    const all = await diskUsage(root)
    process.seteuid?.(65_534)
    try {
      const some = await diskUsage(root)
      expect(all - some).toBeGreaterThanOrEqual(300_000)
      expect(some).toBeGreaterThan(0)
    } finally {
      process.seteuid?.(0)
    }
  })
})
