import { lstatSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  systemCallsAvailable,
  getXattr,
  listXattrs,
  removeXattr,
  setXattr,
} from '../../../lib/system/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe.skipIf(!systemCallsAvailable())('extended attributes', () => {
  const directory = temporaryDirectory()
  const path = Buffer.from(join(directory, 'file'))
  writeFileSync(path, '')

  it('returns any name and value, byte for byte', () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .filter((bytes) => !bytes.includes(0))
      .map((bytes) => `user.${Buffer.from(bytes).toString('latin1')}`)
    fc.assert(
      fc.property(name, fc.uint8Array({ maxLength: 300 }), (attribute, bytes) => {
        setXattr(path, attribute, Buffer.from(bytes))
        expect(listXattrs(path)).toEqual([attribute])
        expect(getXattr(path, attribute)).toEqual(Buffer.from(bytes))
        removeXattr(path, attribute)
        expect(listXattrs(path)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('returns a buffer that the next call does not change', () => {
    setXattr(path, 'user.a', Buffer.from('first'))
    setXattr(path, 'user.b', Buffer.from('other'))
    const first = getXattr(path, 'user.a')
    getXattr(path, 'user.b')
    expect(first.toString()).toBe('first')
  })

  it.skipIf(process.getuid?.() !== 0)('sets those of a link on the link', () => {
    const link = Buffer.from(join(directory, 'link'))
    symlinkSync('file', link)
    setXattr(link, 'trusted.of-the-link', Buffer.from([0, 255]))
    expect(listXattrs(link)).toEqual(['trusted.of-the-link'])
    expect(listXattrs(path)).not.toContain('trusted.of-the-link')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('throws the system error, without the path', () => {
    const secret = Buffer.from(join(directory, 'no-such-secret'))
    expect(() => getXattr(path, 'user.absent')).toThrow(
      expect.objectContaining({ code: 'ENODATA', errno: -61, syscall: 'lgetxattr' }) as Error,
    )
    expect(() => {
      removeXattr(secret, 'user.a')
    }).toThrow(/^ENOENT: lremovexattr failed$/)
    expect(() => {
      setXattr(path, 'unknown.namespace', Buffer.from('x'))
    }).toThrow(expect.objectContaining({ code: 'ENOTSUP' }) as Error)
  })

  it('rejects what C would truncate: NUL and names beyond the limits', () => {
    const set = (at: Buffer, name: string) => () => {
      setXattr(at, name, Buffer.from('x'))
    }
    expect(set(Buffer.from(`${directory}/file\0.hidden`), 'user.a')).toThrow(/EINVAL/)
    expect(set(path, 'user.a\0b')).toThrow(/EINVAL/)
    expect(set(path, 'user.\u{1F600}')).toThrow(/EINVAL/)
    expect(set(path, `user.${'x'.repeat(251)}`)).toThrow(/ERANGE/)
    expect(set(Buffer.alloc(4096, 'x'), 'user.a')).toThrow(/ENAMETOOLONG/)
    expect(set(Buffer.alloc(0), 'user.a')).toThrow(/EINVAL/)
  })
})
