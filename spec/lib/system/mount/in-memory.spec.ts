import { closeSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isInMemory } from '../../../../lib/system/mount/in-memory.js'

function opened(under: string): number {
  const directory = mkdtempSync(join(under, 'windlass-memory-'))
  const fd = openSync(directory, 'r')
  onTestFinished(() => {
    closeSync(fd)
    rmSync(directory, { recursive: true })
  })
  return fd
}

describe('isInMemory', () => {
  it('tells a file system in memory from one on a disk', () => {
    const tmpfs = 0x01021994
    expect(isInMemory(opened('/dev/shm'))).toBe(true)
    expect(isInMemory(opened(tmpdir()))).toBe(statfsSync(tmpdir()).type === tmpfs)
    const process = openSync('/proc/self', 'r')
    expect(isInMemory(process)).toBe(false)
    closeSync(process)
  })

  it('fails for a file that is closed', () => {
    expect(() => isInMemory(-1)).toThrow()
  })
})
