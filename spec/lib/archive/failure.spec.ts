import { describe, expect, it } from 'vitest'
import { unpackError } from '../../../lib/archive/failure.js'

const refused = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: something, ${syscall} '/store/staging/x'`), { code, syscall })

describe('unpackError for entries that the file system cannot store', () => {
  it.each([
    ['EILSEQ', 'open', 'a name of these bytes'],
    ['EILSEQ', 'mkdir', 'a name of these bytes'],
    ['EINVAL', 'open', 'a name of these characters'],
    ['EINVAL', 'symlink', 'a name of these characters'],
    ['ENAMETOOLONG', 'open', 'a name of that length'],
    ['ENAMETOOLONG', 'mkdir', 'a name of that length'],
    ['EPERM', 'symlink', 'symlinks'],
    ['EPERM', 'link', 'hard links'],
    ['EMLINK', 'link', 'so many links to one file'],
    ['EMLINK', 'mkdir', 'so many directories in one'],
    ['EPERM', 'fchmod', 'its mode'],
    ['EPERM', 'chmod', 'its mode'],
    ['EFBIG', 'write', 'a file of that size'],
    ['EFBIG', 'ftruncate', 'a file of that size'],
  ])('is told as such: %s of %s', (code, call, what) => {
    const error = unpackError('a/name', refused(code, call), '/store/staging/x')
    expect(error.code).toBe('STORE_IO')
    expect(error.message).toBe(
      `Unpacking "a/name" into /store/staging/x failed: the file system cannot store ${what} (${code}, ${call})`,
    )
    expect(error.hint).toMatch(/^The layer is valid, .* --store\.$/)
    expect(error.hint).not.toMatch(/free some space|damaged|hostile/i)
  })

  it('suggests another directory instead of another store if the user has named the directory', () => {
    for (const [code, call] of [
      ['EILSEQ', 'open'],
      ['ENOSPC', 'write'],
      ['EROFS', 'mkdir'],
    ] as const) {
      const { hint } = unpackError('a/name', refused(code, call), '/mnt/tree', 'target')
      expect(hint).toMatch(/ame a directory .*to unpack into/)
      expect(hint).not.toContain('--store')
    }
  })

  it.each([
    ['ENOSPC', 'write', 'STORE_FULL', /no space left/],
    ['EDQUOT', 'open', 'STORE_FULL', /quota/],
    ['EROFS', 'open', 'STORE_READ_ONLY', /read-only/],
    ['EACCES', 'open', 'STORE_DENIED', /permission denied/],
    ['EINVAL', 'write', 'STORE_IO', /EINVAL/],
    ['ELOOP', 'open', 'LAYER_INVALID', /ELOOP/],
    ['EIO', 'write', 'STORE_IO', /./],
  ])('is something else than %s of %s', (code, call, expected, says) => {
    const error = unpackError('a', refused(code, call))
    expect([error.code, error.message]).toEqual([expected, expect.stringMatching(says)])
    expect(error.message).not.toContain('cannot hold')
  })
})
