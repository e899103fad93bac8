import { rename } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import {
  isFull,
  isNotWritable,
  storeError,
  withStoreErrors,
} from '../../../../lib/store/files/store-error.js'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code })

describe('errors of the store', () => {
  it.each([
    ['ENOSPC', 'STORE_FULL'],
    ['EDQUOT', 'STORE_FULL'],
    ['EACCES', 'STORE_DENIED'],
    ['EPERM', 'STORE_DENIED'],
    ['EROFS', 'STORE_READ_ONLY'],
    ['EMFILE', 'STORE_IO'],
    ['EIO', 'STORE_IO'],
    ['ELOOP', 'STORE_CORRUPT'],
    ['EISDIR', 'STORE_CORRUPT'],
    ['ENOTEMPTY', 'STORE_CORRUPT'],
    ['EXDEV', 'STORE_IO'],
  ])('%s is %s, with what was done and where', (code, ours) => {
    const cause = systemError(code)
    const error = storeError(cause, 'store a blob', '/store/blobs/x')
    expect(error).toMatchObject({ code: ours, exitCode: 7, cause, subject: { path: '/store/blobs/x' } })
    expect(error.message).toMatch(/^Failed to store a blob at \/store\/blobs\/x: ./)
    expect(error.hint).toMatch(/\.$/)
  })

  it('names both paths of a rename that failed, known cause or not (S0-54, S0-68)', async () => {
    const renaming = (code: string): Error =>
      Object.assign(systemError(code), { path: '/store/staging/x', dest: '/store/blobs/x' })
    for (const code of ['EACCES', 'ENOSPC', 'EIO'])
      expect(storeError(renaming(code), 'store a blob', '/store/blobs').message).toMatch(
        / \(renaming \/store\/staging\/x to \/store\/blobs\/x\)$/,
      )
    const missing = withStoreErrors('store a blob', '/none/to', () => rename('/none/from', '/none/to'))
    await expect(missing).rejects.toThrow(/at \/none\/to: ENOENT.*'\/none\/from' -> '\/none\/to'/)
  })

  it('tells a disk or a quota that is used up from what may not be written at all', () => {
    const asked = (code: string) => [isFull(systemError(code)), isNotWritable(systemError(code))]
    for (const code of ['ENOSPC', 'EDQUOT']) expect(asked(code)).toEqual([true, true])
    for (const code of ['EROFS', 'EACCES', 'EPERM']) expect(asked(code)).toEqual([false, true])
    for (const code of ['EIO', 'ENOENT']) expect(asked(code)).toEqual([false, false])
    expect(isFull(new WindlassError('STORE_FULL', 'full'))).toBe(true)
    expect(isNotWritable(new WindlassError('STORE_READ_ONLY', 'no'))).toBe(true)
    expect(isFull(new WindlassError('STORE_READ_ONLY', 'no'))).toBe(false)
  })

  it('leaves an error of ours as it is', async () => {
    const ours = new WindlassError('LIMIT_EXCEEDED', 'too long')
    await expect(withStoreErrors('read', '/x', () => Promise.reject(ours))).rejects.toBe(ours)
  })
})
