import { closeSync, lstatSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemCallsAvailable, setFdTimes, setTimes } from '../../../lib/system/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe.skipIf(!systemCallsAvailable())('times', () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'file')
  const link = join(directory, 'link')
  writeFileSync(file, '')
  symlinkSync('file', link)
  const timesOf = (path: string): { atime: bigint; mtime: bigint } => {
    const { atimeNs, mtimeNs } = lstatSync(path, { bigint: true })
    return { atime: atimeNs, mtime: mtimeNs }
  }
  /** Times from 1901 to 2106, which every current file system stores to the nanosecond. (Kernels drop the fraction of the first second.) */
  const nanoseconds = fc.bigInt({ min: (1n - 2n ** 31n) * 10n ** 9n, max: 2n ** 32n * 10n ** 9n - 1n })

  it('are exact to the nanosecond, before 1970 too', () => {
    const fd = openSync(file, 'r')
    fc.assert(
      fc.property(nanoseconds, nanoseconds, (atime, mtime) => {
        setTimes(Buffer.from(file), atime, mtime)
        expect(timesOf(file)).toEqual({ atime, mtime })
        setFdTimes(fd, mtime, atime)
        expect(timesOf(file)).toEqual({ atime: mtime, mtime: atime })
      }),
      { numRuns: 300 },
    )
    closeSync(fd)
  })

  it('of a link are set on the link', () => {
    setTimes(Buffer.from(file), 1n, 2n)
    setTimes(Buffer.from(link), 3n, 4n)
    expect(timesOf(file)).toEqual({ atime: 1n, mtime: 2n })
    expect(timesOf(link)).toEqual({ atime: 3n, mtime: 4n })
  })

  it('out of range are clamped, not wrapped around', () => {
    setTimes(Buffer.from(file), 10n ** 30n, 10n ** 30n)
    expect(timesOf(file).mtime).toBeGreaterThan(2n ** 32n * 10n ** 9n)
    setTimes(Buffer.from(file), -(10n ** 30n), -(10n ** 30n))
    expect(timesOf(file).mtime).toBeLessThan(0n)
  })

  it('throws the system error', () => {
    expect(() => {
      setTimes(Buffer.from(join(directory, 'absent')), 0n, 0n)
    }).toThrow(/^ENOENT: utimensat failed$/)
    expect(() => {
      setFdTimes(9999, 0n, 0n)
    }).toThrow(/EBADF/)
  })
})
