import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lockFile, locksAvailable, unlockFile } from '../../../lib/system/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe.skipIf(!locksAvailable())('locks', () => {
  const path = join(temporaryDirectory(), 'lock')
  writeFileSync(path, '')
  const opened = new Set<number>()
  const open = (): number => {
    const fd = openSync(path, 'r')
    opened.add(fd)
    return fd
  }
  const close = (fd: number): void => {
    opened.delete(fd)
    closeSync(fd)
  }
  const lock = (fd: number, exclusive: boolean): boolean => lockFile(fd, { exclusive, wait: false })
  afterEach(() => opened.forEach(close))

  it('exclude each other, also in one process', () => {
    const [one, two] = [open(), open()]
    expect(lock(one, true)).toBe(true)
    expect(lock(two, true)).toBe(false)
    expect(lock(two, false)).toBe(false)
    unlockFile(one)
    expect(lock(two, true)).toBe(true)
  })

  it('can be shared', () => {
    const [one, two, three] = [open(), open(), open()]
    expect(lock(one, false)).toBe(true)
    expect(lock(two, false)).toBe(true)
    expect(lock(three, true)).toBe(false)
  })

  it('are released when the file is closed', () => {
    const [one, two] = [open(), open()]
    expect(lock(one, true)).toBe(true)
    close(one)
    expect(lock(two, true)).toBe(true)
  })

  it('throw other errors than a conflict', () => {
    expect(() => lock(9999, true)).toThrow(/^EBADF: flock failed$/)
  })
})
