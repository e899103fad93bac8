import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { layoutError, withLayoutErrors } from '../../../../lib/sinks/layout/layout-error.js'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code })

describe('an error of a layout', () => {
  it.each([
    ['ENOSPC', 'STORE_FULL', 'for the layout'],
    ['EDQUOT', 'STORE_FULL', 'for the layout'],
    ['EACCES', 'STORE_DENIED', 'this user may write to'],
    ['EROFS', 'STORE_READ_ONLY', 'for the layout'],
    ['EXDEV', 'STORE_IO', 'whole layout'],
  ])('for %s is %s, and does not mention a store', (errno, code, hint) => {
    const error = layoutError(systemError(errno), 'write a blob', '/layout')
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint), subject: { path: '/layout' } })
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain('--store')
  })

  it.each([
    ['EISDIR', 'it is a directory'],
    ['ENOTDIR', 'a part of the path is not a directory'],
    ['ELOOP', 'it is a symbolic link'],
    ['EEXIST', 'it exists and is not a directory'],
    ['ENOENT', 'a part of the path does not exist'],
  ])('for %s explains the problem with the path', (errno, says) => {
    expect(layoutError(systemError(errno), 'write a blob', '/layout')).toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(says),
      hint: expect.stringContaining('new directory'),
    })
  })

  it('is unchanged if it is a WindlassError, and otherwise STORE_IO', async () => {
    const known = new WindlassError('NETWORK', 'gone')
    await expect(withLayoutErrors('write', '/layout', () => Promise.reject(known))).rejects.toBe(known)
    expect(layoutError('odd', 'write', '/layout')).toMatchObject({ code: 'STORE_IO' })
  })
})
