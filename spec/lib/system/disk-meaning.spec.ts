import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
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

  it('of missing access names what this user can open, also the target of a rename, as a word of a shell', () => {
    const directory = mkdtempSync(join(tmpdir(), 'windlass-closed-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const closed = join(directory, 'closed to all')
    mkdirSync(closed, { mode: 0 })
    const error = (paths: object): Error => Object.assign(refused('EACCES', -13), paths)
    const hint = (paths: object) => fileFailure(error(paths), 'Moving', '/unused').hint
    const expected = `Give its owner access with “chmod u+rwX '${closed}'”.`
    expect(hint({ path: join(closed, 'a') })).toBe(expected)
    expect(hint({ path: join(directory, 'a'), dest: join(closed, 'a') })).toBe(expected)
    // EPERM is not about modes.
    expect(
      fileFailure(Object.assign(refused('EPERM', -1), { path: closed }), 'Moving', '/unused').hint,
    ).not.toContain('chmod')
  })
})
