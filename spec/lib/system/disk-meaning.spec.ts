import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { diskMeaning } from '../../../lib/system/disk-meaning.js'
import { errnoOf } from '../../../lib/system/errno.js'
import { fileFailure } from '../../../lib/system/file-failure.js'
import { WindlassError } from '../../../lib/errors.js'

const refused = (code: string, errno?: number): Error =>
  Object.assign(new Error(`${code}: refused`), { code, ...(errno !== undefined && { errno }) })

describe('what the disk says', () => {
  it.each([
    ['ENOSPC', 'STORE_FULL', /no space/, /inodes/],
    ['EDQUOT', 'STORE_FULL', /quota/, /quota/],
    ['EROFS', 'STORE_READ_ONLY', /read-only/, /on a writable file system/],
    ['EACCES', 'STORE_DENIED', /denied/, /this user/],
    ['EMFILE', 'STORE_IO', /open files/, /ulimit/],
    ['EFBIG', 'STORE_IO', /larger/, /ulimit -f/],
    ['EIO', 'STORE_IO', /error/, /system log/],
    ['EXDEV', 'STORE_IO', /another file system/, /one file system/],
  ])('of %s is %s, in words, with what helps', (errno, code, says, hint) => {
    const error = fileFailure(refused(errno), 'Writing a download', '/store/partial/x')
    expect(error).toMatchObject({ code, subject: { path: '/store/partial/x' } })
    expect(error.message).toMatch(/^Writing a download failed at \/store\/partial\/x: [a-z, -]+$/)
    expect(error.message).toMatch(says)
    expect(error.hint).toMatch(hint)
  })

  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EFBIG', 'EXDEV'])(
    'of %s names another directory, and no store, where an image was unpacked into a directory',
    (errno) => {
      const { hint } = fileFailure(refused(errno), 'Making the tree of the image', '/mnt/tree', 'target')
      expect(hint).toMatch(/ame a directory/)
      expect(hint?.replace('Images that are already in the store are intact.', '')).not.toMatch(/store/)
      expect(fileFailure(refused(errno), 'Writing', '/store/x').hint).toMatch(/--store/)
    },
  )

  it('is known by its number where Node has no name for it', () => {
    const { EDQUOT } = constants.errno
    const unnamed = refused(`Unknown system error -${EDQUOT}`, -EDQUOT)
    expect(errnoOf(unnamed)).toBe('EDQUOT')
    expect(diskMeaning(unnamed)?.says).toContain('quota')
  })

  it('is nothing of what is no error of the disk', () => {
    let missing: unknown
    try {
      writeFileSync('/nonexistent/file', '')
    } catch (error) {
      missing = error
    }
    expect(errnoOf(missing)).toBe('ENOENT')
    for (const each of [missing, refused('toString'), new Error('no code'), 'ENOSPC', undefined])
      expect(diskMeaning(each)).toBeUndefined()
    expect(fileFailure(missing, 'Writing', '/x').message).toContain('ENOENT')
    const ours = new WindlassError('LIMIT_EXCEEDED', 'too long')
    expect(fileFailure(ours, 'Writing', '/x')).toBe(ours)
  })
})
