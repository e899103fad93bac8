import { lstat, rename } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import {
  ignoreMissing,
  isDiskFull,
  isNotWritableError,
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

  it('names both paths of a failed rename, whether its cause is known or not (S0-54, S0-68)', async () => {
    const renaming = (code: string): Error =>
      Object.assign(systemError(code), { path: '/store/staging/x', dest: '/store/blobs/x' })
    for (const code of ['EACCES', 'ENOSPC', 'EIO'])
      expect(storeError(renaming(code), 'store a blob', '/store/blobs').message).toMatch(
        / \(renaming \/store\/staging\/x to \/store\/blobs\/x\)$/,
      )
    const missing = withStoreErrors('store a blob', '/none/to', () => rename('/none/from', '/none/to'))
    await expect(missing).rejects.toThrow(/at \/none\/to: ENOENT.*'\/none\/from' -> '\/none\/to'/)
  })

  it('names another path than the one of the operation, and how to move that one away', () => {
    const at = (path: string, code: string): Error => Object.assign(systemError(code), { path })
    const denied = storeError(at('/store/blobs/sha256', 'EACCES'), 'store a blob', '/store/blobs/x')
    expect(denied.message).toMatch(
      /^Failed to store a blob at \/store\/blobs\/x: .* \(at \/store\/blobs\/sha256\)$/,
    )
    expect(storeError(at('/store/x', 'EACCES'), 'read', '/store/x').message).not.toContain('(at')
    const linked = storeError(at('/store/blobs', 'ELOOP'), 'store a blob', '/store/blobs/x')
    expect(linked.hint).toContain('“mv /store/blobs /store/blobs.moved”')
  })

  it('distinguishes a full disk or quota from a store that is not writable', () => {
    const asked = (code: string) => [isDiskFull(systemError(code)), isNotWritableError(systemError(code))]
    for (const code of ['ENOSPC', 'EDQUOT']) expect(asked(code)).toEqual([true, true])
    for (const code of ['EROFS', 'EACCES', 'EPERM']) expect(asked(code)).toEqual([false, true])
    for (const code of ['EIO', 'ENOENT']) expect(asked(code)).toEqual([false, false])
    expect(isDiskFull(new WindlassError('STORE_FULL', 'full'))).toBe(true)
    expect(isNotWritableError(new WindlassError('STORE_READ_ONLY', 'no'))).toBe(true)
    expect(isDiskFull(new WindlassError('STORE_READ_ONLY', 'no'))).toBe(false)
  })

  it('returns a WindlassError unchanged', async () => {
    const ours = new WindlassError('LIMIT_EXCEEDED', 'too long')
    await expect(withStoreErrors('read', '/x', () => Promise.reject(ours))).rejects.toBe(ours)
  })

  it('a path that does not exist is ignored, also if what is above it is a file', async () => {
    expect(await ignoreMissing(lstat('/none'))).toBeUndefined()
    expect(await ignoreMissing(lstat('/dev/null/none'))).toBeUndefined()
    expect(await ignoreMissing(Promise.resolve(7))).toBe(7)
    await expect(ignoreMissing(Promise.reject(systemError('EACCES')))).rejects.toThrow('EACCES')
  })
})
