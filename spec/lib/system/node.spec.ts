import { execFileSync } from 'node:child_process'
import { constants, lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemCallsAvailable, makeNode } from '../../../lib/system/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const { S_IFBLK, S_IFCHR, S_IFIFO } = constants

describe.skipIf(!systemCallsAvailable())('makeNode', () => {
  const directory = temporaryDirectory()
  const make = (name: string, mode: number, major = 0, minor = 0): string => {
    const path = join(directory, name)
    makeNode(Buffer.from(path), mode, major, minor)
    return path
  }
  const numbers = (path: string): string =>
    execFileSync('stat', ['-c', '%t:%T', path], { encoding: 'utf8' }).trim()

  it('creates a FIFO, as any user may', () => {
    const path = make('fifo', S_IFIFO | 0o600)
    expect(lstatSync(path).isFIFO()).toBe(true)
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
  })

  it.skipIf(process.getuid?.() !== 0)('creates devices with every number that Linux supports', () => {
    expect(numbers(make('whiteout', S_IFCHR | 0o600))).toBe('0:0')
    expect(numbers(make('null', S_IFCHR | 0o600, 1, 3))).toBe('1:3')
    expect(numbers(make('wide', S_IFBLK | 0o600, 259, 70_000))).toBe('103:11170')
    expect(numbers(make('last', S_IFBLK | 0o600, 0xfff, 0xfffff))).toBe('fff:fffff')
    expect(lstatSync(join(directory, 'last')).isBlockDevice()).toBe(true)
  })

  it('rejects numbers that Linux would truncate', () => {
    for (const [major, minor] of [
      [0x1000, 0],
      [0, 0x100000],
      [-1, 0],
      [0, 1.5],
      [Number.NaN, 0],
    ] as const)
      expect(() => make('refused', S_IFCHR | 0o600, major, minor)).toThrow(/EINVAL/)
    expect(() => lstatSync(join(directory, 'refused'))).toThrow(/ENOENT/)
  })

  it('does not replace an existing entry', () => {
    const path = join(directory, 'taken')
    writeFileSync(path, 'mine')
    expect(() => make('taken', S_IFIFO | 0o600)).toThrow(/EEXIST/)
    expect(lstatSync(path).isFile()).toBe(true)
  })
})
