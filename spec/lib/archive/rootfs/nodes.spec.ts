import { beforeEach, describe, expect, it, vi } from 'vitest'
import { makeNodeOf, omissionWarning } from '../../../../lib/archive/rootfs/nodes.js'
import { device, fifo } from '../../../support/archive/scratch.js'

const machine = vi.hoisted(() => ({ inUserNamespace: false, canMakeNodes: true, made: [] as unknown[] }))
vi.mock('../../../../lib/system/index.js', async (original) => ({
  ...(await original<object>()),
  isInUserNamespace: () => machine.inUserNamespace,
  hasCapability: () => machine.canMakeNodes,
  makeNode: (_path: Buffer, ...values: readonly unknown[]) => machine.made.push(values),
}))
const failure = (code: string): Error => Object.assign(new Error(code), { code, errno: -1 })
const path = Buffer.from('/root/a')

describe('a device or FIFO', () => {
  beforeEach(() => void Object.assign(machine, { inUserNamespace: false, canMakeNodes: true, made: [] }))

  it('is created with its type, permissions and numbers, without special bits', () => {
    makeNodeOf(device('a', 7, 8, { mode: 0o4660 }), 'character-device', path, false)
    makeNodeOf({ ...device('a', 1, 2), mode: 0o600 }, 'block-device', path, false)
    makeNodeOf(fifo('a'), 'fifo', path, true)
    expect(machine.made).toEqual([
      [0o020660, 7, 8],
      [0o060600, 1, 2],
      [0o010644, 0, 0],
    ])
  })

  it('is not created in the tree of an ordinary user, except for a FIFO', () => {
    for (const type of ['character-device', 'block-device'] as const)
      expect(() => makeNodeOf(device('a', 1, 3), type, path, true)).toThrow('EPERM')
    expect(machine.made).toEqual([])
  })

  it.each(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])('that is refused with %s is a warning', (code) => {
    expect(omissionWarning('fifo', failure(code), false)).toBe(
      `FIFOs are skipped: the file system does not support them (${code})`,
    )
    expect(omissionWarning('block-device', failure(code), true)).toBe(
      'Devices are skipped: only root may create them',
    )
  })

  it.runIf(process.geteuid?.() === 0)('is refused for a reason that root is told', () => {
    const why = () => omissionWarning('character-device', failure('EPERM'), false)
    expect(why()).toBe('Devices are skipped: the system refuses them (EPERM)')
    machine.inUserNamespace = true
    expect(why()).toBe('Devices are skipped: they cannot be created in a user namespace')
    machine.canMakeNodes = false
    expect(why()).toBe('Devices are skipped: this process lacks CAP_MKNOD')
  })

  it('that cannot be created for another reason is an error', () => {
    for (const code of ['ENOSPC', 'EEXIST', 'EACCES'])
      expect(omissionWarning('fifo', failure(code), false)).toBeUndefined()
  })
})
