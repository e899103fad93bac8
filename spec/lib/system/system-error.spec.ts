import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { SystemError } from '../../../lib/system/system-error.js'

describe('an error of the C library', () => {
  it('has the shape of the errors of Node, with the names that Node uses', () => {
    const { EPERM, EAGAIN, EOPNOTSUPP, ENOTSUP } = constants.errno
    expect(new SystemError(EPERM, 'mknod')).toMatchObject({
      ...{ code: 'EPERM', errno: -EPERM, syscall: 'mknod', message: 'EPERM: mknod failed' },
    })
    expect(new SystemError(EAGAIN, 'flock').code).toBe('EAGAIN')
    expect(new SystemError(ENOTSUP, 'lsetxattr').code).toBe('ENOTSUP')
    if (EOPNOTSUPP === ENOTSUP) expect(new SystemError(EOPNOTSUPP, 'lsetxattr').code).toBe('ENOTSUP')
  })

  it('has its number for a name, and a name for a number that is unknown', () => {
    expect(SystemError.of('EINVAL', 'mount')).toMatchObject({
      code: 'EINVAL',
      errno: -constants.errno.EINVAL,
    })
    expect(new SystemError(9_999, 'call').code).toBe('E9999')
  })
})
