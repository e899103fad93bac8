import { closeSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { isInMemory } from '../../../../lib/system/mount/in-memory.js'

/** A file system that the test plays, if set. */
const played = vi.hoisted(() => ({
  dev: undefined as number | undefined,
  type: undefined as number | undefined,
}))
vi.mock('node:fs', async (original) => {
  const real = await original<{ fstatSync(fd: number): object; statfsSync(path: string): object }>()
  return {
    ...real,
    fstatSync: (fd: number) => (played.dev === undefined ? real.fstatSync(fd) : { dev: played.dev }),
    statfsSync: (path: string) => (played.type === undefined ? real.statfsSync(path) : { type: played.type }),
  }
})

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

  it.each([
    ['tmpfs', 0x01021994, true],
    ['ramfs', 0x858458f6, true],
    ['ext4', 0xef53, false],
  ])('knows the type of a file system: %s', (_, type, expected) => {
    // Types are remembered by device: each row has one that does not exist.
    played.dev = type
    played.type = type
    onTestFinished(() => void Object.assign(played, { dev: undefined, type: undefined }))
    expect(isInMemory(1)).toBe(expected)
  })

  it('asks for the type of a device once', () => {
    played.dev = 1
    played.type = 0x01021994
    onTestFinished(() => void Object.assign(played, { dev: undefined, type: undefined }))
    expect(isInMemory(1)).toBe(true)
    played.type = 0xef53
    expect(isInMemory(1)).toBe(true)
  })
})
