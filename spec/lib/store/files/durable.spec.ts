/** A file is synchronised before it gets its final name, and the name is synchronised before the call returns. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  copySynced,
  ensureDirectory,
  publish,
  writeNew,
  writeSynced,
} from '../../../../lib/store/files/durable.js'
import { SyncFile } from '../../../../lib/system/files.js'
import { openPaths } from '../../../support/open-paths.js'
import { diskCalls } from '../../../support/store/disk-calls.js'

describe('writing durably', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'windlass-durable-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const at = (name: string): string => join(root, name)

  it('syncs a written file, unless the caller does', async () => {
    const calls = diskCalls(root)
    await writeNew(at('new'), 'x')
    expect(calls).toEqual([])
    await writeSynced(at('synced'), Buffer.from('y'))
    expect(calls).toEqual(['sync synced'])
    expect(readFileSync(at('synced'), 'utf8')).toBe('y')
    await expect(writeSynced(at('synced'), 'z')).rejects.toThrow('EEXIST')
  })

  it('syncs a copied file', async () => {
    writeFileSync(at('from'), 'x')
    const calls = diskCalls(root)
    await copySynced(at('from'), at('to'))
    expect(calls).toEqual(['sync to'])
    expect(readFileSync(at('to'), 'utf8')).toBe('x')
    writeFileSync(at('there'), 'before')
    await expect(copySynced(at('from'), at('there'))).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(at('there'), 'utf8')).toBe('before')
  })

  it('syncs the directory after the rename, and not before', async () => {
    mkdirSync(at('place'))
    writeFileSync(at('from'), 'x')
    const calls = diskCalls(root)
    await publish(at('from'), at('place/to'))
    expect(calls).toEqual(['rename from place/to', 'sync place'])
  })

  it('syncs the parent of a directory only if it created the directory', async () => {
    const calls = diskCalls(root)
    await ensureDirectory(at('place'))
    expect(calls).toEqual(['mkdir place', 'sync .'])
    await ensureDirectory(at('place'))
    expect(calls).toHaveLength(2)
    symlinkSync('place', at('link'))
    await expect(ensureDirectory(at('link'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('fails if the disk fails to sync', async () => {
    writeFileSync(at('from'), 'x')
    const sync = vi.spyOn(SyncFile.prototype, 'sync').mockRejectedValue(new Error('the disk failed'))
    try {
      await expect(writeSynced(at('synced'), 'y')).rejects.toThrow('the disk failed')
      await expect(copySynced(at('from'), at('copy'))).rejects.toThrow('the disk failed')
      await expect(publish(at('from'), at('published'))).rejects.toThrow('the disk failed')
      await expect(ensureDirectory(at('place'))).rejects.toThrow('the disk failed')
      expect(openPaths().filter((path) => path.startsWith(root))).toEqual([])
    } finally {
      sync.mockRestore()
    }
  })
})
