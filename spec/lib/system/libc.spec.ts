import { constants } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { systemCallsAvailable, SystemError } from '../../../lib/system/index.js'
import { libc, requireFunction } from '../../../lib/system/libc.js'

describe.skipIf(!systemCallsAvailable())('the C library', () => {
  it('returns undefined for a missing function', () => {
    expect(libc()?.find('int windlass_has_no_such_call(int x)')).toBeUndefined()
    expect(() => requireFunction('int windlass_has_no_such_call(int x)')).toThrow(
      expect.objectContaining({ code: 'ENOSYS', syscall: 'windlass_has_no_such_call' }) as Error,
    )
  })

  it('throws for an invalid declaration', () => {
    expect(() => libc()?.find('no_such_type close(int fd)')).toThrow(/invalid type name/)
  })

  it('declares a function once per thread', () => {
    expect(requireFunction('int close(int fd)')).toBe(requireFunction('int close(int fd)'))
  })

  it('can be called in several threads at once', async () => {
    const source = `
      const koffi = require('koffi')
      const getpid = koffi.load(null).func('int getpid()')
      require('node:worker_threads').parentPort.postMessage(getpid())`
    const answers = Array.from(
      { length: 2 },
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(source, { eval: true })
          worker.once('message', resolve).once('error', reject)
        }),
    )
    expect(await Promise.all(answers)).toEqual([process.pid, process.pid])
  })
})

describe('SystemError', () => {
  it('has the names that Node uses, and a number for the rest', () => {
    expect(new SystemError(constants.errno.EAGAIN, 'flock').code).toBe('EAGAIN')
    expect(new SystemError(constants.errno.ENOTSUP, 'setxattr').code).toBe('ENOTSUP')
    expect(new SystemError(99_999, 'flock')).toMatchObject({
      code: 'E99999',
      errno: -99_999,
      syscall: 'flock',
    })
  })
})
