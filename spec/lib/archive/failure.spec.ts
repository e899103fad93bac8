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

describe('unpackError for other errors', () => {
  it.each([
    ['EINVAL', 'write', /^Unpacking "a" into \/into failed: EINVAL/],
    [
      'EFBIG',
      'copy_file_range',
      /the file system cannot store a file of that size \(EFBIG, copy_file_range\)$/,
    ],
    ['ENOSPC', 'write', /failed: no space left \(ENOSPC, write\)$/],
    ['EOTHER', 'open', /^Unpacking "a" into \/into failed: EOTHER: something, open$/],
  ])('says what the system said, without the path: %s of %s', (code, call, message) => {
    const error = unpackError('a', refused(code, call), '/into')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('/store/staging/x')
  })

  it('speaks of the store or of the directory that the user named', () => {
    const hints = (code: string, call: string) =>
      (['store', 'target'] as const).map(
        (place) => unpackError('a', refused(code, call), '/into', place).hint,
      )
    expect(hints('EILSEQ', 'open')).toEqual([
      expect.stringMatching(/^The layer is valid, .* --store\.$/),
      expect.stringMatching(/^The image is valid, .* to unpack into\.$/),
    ])
    expect(hints('ENOSPC', 'write')).toEqual([
      expect.stringContaining('--store'),
      expect.stringContaining('to unpack into'),
    ])
  })

  it('names a layer with too many links as invalid, and a missing privilege as such', () => {
    expect(unpackError('a', refused('ELOOP', 'open'))).toMatchObject({
      code: 'LAYER_INVALID',
      hint: expect.stringContaining('Nothing of the layer is kept') as string,
    })
    expect(unpackError('a', refused('EPERM', 'chown'))).toMatchObject({
      code: 'STORE_DENIED',
      hint: 'This user may not do that. Run as root, or use another file system.',
    })
  })

  it('returns an error of Windlass unchanged, and cuts a message at the first byte that may not be shown', () => {
    const known = unpackError('a', refused('EILSEQ', 'open'))
    expect(unpackError('b', known)).toBe(known)
    expect(unpackError('a', new Error('bad \x1b[2Jbytes')).message).toBe('Unpacking "a" failed: bad …')
  })
})
