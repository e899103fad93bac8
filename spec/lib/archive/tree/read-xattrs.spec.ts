import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readXattrs } from '../../../../lib/archive/tree/read-xattrs.js'
import { SystemError } from '../../../../lib/system/system-error.js'

const machine = vi.hoisted(() => ({
  names: [] as string[],
  failure: undefined as Error | undefined,
  isHere: true,
}))
vi.mock('../../../../lib/system/index.js', async (original) => ({
  ...(await original<object>()),
  systemCallsAvailable: () => machine.isHere,
  listXattrs: () => {
    if (machine.failure) throw machine.failure
    return machine.names
  },
  getXattr: (_path: Buffer, name: string) => Buffer.from([name.length, 0xff]),
}))

describe('the extended attributes of a path', () => {
  const path = Buffer.from('/a')
  beforeEach(() => void Object.assign(machine, { names: [], failure: undefined, isHere: true }))

  it('have their values as latin1, in the order of their names', () => {
    machine.names = ['user.b', 'user.a', 'trusted.x']
    expect([...readXattrs(path)]).toEqual([
      ['trusted.x', '\x09\xff'],
      ['user.a', '\x06\xff'],
      ['user.b', '\x06\xff'],
    ])
  })

  it('are none where the platform or the file system has none', () => {
    expect(readXattrs(path).size).toBe(0)
    machine.failure = new SystemError(95, 'llistxattr')
    expect(machine.failure).toMatchObject({ code: 'ENOTSUP' })
    expect(readXattrs(path).size).toBe(0)
    Object.assign(machine, { failure: undefined, names: ['user.a'], isHere: false })
    expect(readXattrs(path).size).toBe(0)
  })

  it('fail with other errors', () => {
    machine.failure = SystemError.of('EPERM', 'llistxattr')
    expect(() => readXattrs(path)).toThrow('EPERM')
  })
})
