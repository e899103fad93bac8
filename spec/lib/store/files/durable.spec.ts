/** A file is synchronised before it gets its final name, and the name is synchronised before the call returns. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  copySynced,
  ensureDirectory,
  publish,
  writeNew,
  writeSynced,
} from '../../../../lib/store/files/durable.js'
import { diskCalls } from '../../../support/store/disk-calls.js'

describe('what appears in the store for good', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'windlass-durable-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const at = (name: string): string => join(root, name)

  it('is synced when it is written, unless somebody else sees to that', async () => {
    const calls = diskCalls(root)
    await writeNew(at('new'), 'x')
    expect(calls).toEqual([])
    await writeSynced(at('synced'), Buffer.from('y'))
    expect(calls).toEqual(['sync synced'])
    expect(readFileSync(at('synced'), 'utf8')).toBe('y')
    await expect(writeSynced(at('synced'), 'z')).rejects.toThrow('EEXIST')
  })

  it('is synced when it is copied', async () => {
    writeFileSync(at('from'), 'x')
    const calls = diskCalls(root)
    await copySynced(at('from'), at('to'))
    expect(calls).toEqual(['sync to'])
    expect(readFileSync(at('to'), 'utf8')).toBe('x')
  })

  it('has its directory synced after it has its name, and not before', async () => {
    mkdirSync(at('place'))
    writeFileSync(at('from'), 'x')
    const calls = diskCalls(root)
    await publish(at('from'), at('place/to'))
    expect(calls).toEqual(['rename from place/to', 'sync place'])
  })

  it('has directories that are synced in their parent where they are made, and only there', async () => {
    const calls = diskCalls(root)
    await ensureDirectory(at('place'))
    expect(calls).toEqual(['mkdir place', 'sync .'])
    await ensureDirectory(at('place'))
    expect(calls).toHaveLength(2)
    symlinkSync('place', at('link'))
    await expect(ensureDirectory(at('link'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})
