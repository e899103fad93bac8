import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { resetInheritedAttributes } from '../../../lib/system/inherited-attributes.js'
import { SystemError } from '../../../lib/system/system-error.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

/** What was done with attributes and owners, and the errors of the next calls. */
const calls = vi.hoisted(() => ({
  removed: [] as string[],
  xattr: undefined as Error | undefined,
  chown: '',
}))
vi.mock('../../../lib/system/xattr.js', () => ({
  removeXattr: (_path: Buffer, name: string) => {
    calls.removed.push(name)
    if (calls.xattr) throw calls.xattr
  },
}))
vi.mock('node:fs', async (original) => {
  const real = await original<{ lchownSync(path: string, uid: number, gid: number): void }>()
  return {
    ...real,
    lchownSync: (path: string, uid: number, gid: number) => {
      if (calls.chown !== '') throw Object.assign(new Error(calls.chown), { code: calls.chown })
      real.lchownSync(path, uid, gid)
    },
  }
})

describe('a new directory', () => {
  const directory = temporaryDirectory()
  let count = 0
  const made = (): string => {
    const path = join(directory, String(count++))
    mkdirSync(path, 0o700)
    return path
  }
  const acls = ['system.posix_acl_access', 'system.posix_acl_default']
  afterEach(() => void Object.assign(calls, { removed: [], xattr: undefined, chown: '' }))

  it('has the mode that it is given, whatever the umask, and no ACL', () => {
    const path = made()
    resetInheritedAttributes(path, 0o777)
    expect(statSync(path).mode & 0o777).toBe(0o777)
    expect(calls.removed).toEqual(acls)
  })

  it.each(['ENODATA', 'ENOTSUP', 'EPERM', 'ENOSYS'] as const)('need not have an ACL: %s', (code) => {
    calls.xattr = Object.assign(new SystemError(1, 'lremovexattr'), { code })
    resetInheritedAttributes(made(), 0o755)
    expect(calls.removed).toEqual(acls)
  })

  it('whose ACL cannot be removed for another reason is an error', () => {
    calls.xattr = SystemError.of('EINVAL', 'lremovexattr')
    expect(() => resetInheritedAttributes(made(), 0o755)).toThrow('EINVAL')
  })

  it.runIf(process.geteuid?.() === 0)('has the group of the process, not that of its parent', () => {
    const parent = made()
    chownSync(parent, 0, 7)
    chmodSync(parent, 0o2755)
    const inheriting = (name: string): string => {
      const path = join(parent, name)
      mkdirSync(path)
      expect(statSync(path).gid).toBe(7)
      return path
    }
    const path = inheriting('a')
    resetInheritedAttributes(path, 0o755)
    expect(statSync(path)).toMatchObject({ uid: 0, gid: process.getegid?.() })
    expect(statSync(path).mode & 0o7777).toBe(0o755)
    for (const code of ['EPERM', 'EINVAL']) {
      calls.chown = code
      resetInheritedAttributes(inheriting(code), 0o755)
    }
    calls.chown = 'EROFS'
    expect(() => resetInheritedAttributes(inheriting('c'), 0o755)).toThrow('EROFS')
  })
})
