/** An attribute that is too large for the file system is left out, with a warning. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as system from '../../../../lib/system/index.js'
import { XattrWriter } from '../../../../lib/archive/rootfs/xattrs.js'
import { file, refusal, scratch } from '../../../support/archive/scratch.js'

describe('an attribute that is too large for the file system', () => {
  it('is skipped with a warning about its size, not reported as a full disk', async () => {
    const it = await scratch()
    const messages: string[] = []
    const warn = (_code: string, message: string): void => void messages.push(message)
    const large = new Map([['user.large', Buffer.alloc(65_536, 'x')]])
    it.apply([file('a', 'x', { xattrs: large, mode: 0o4711 }), file('b', 'x', { xattrs: large })], { warn })
    const tree = await it.tree()
    const xattrCount = tree.get('a')?.xattrs.size
    // A file system with enough space for attributes stores it.
    expect(messages.length).toBe(xattrCount === 1 ? 0 : 1)
    for (const message of messages) {
      expect(message).toMatch(
        /\(first: "user.large" of "a": (ENOSPC|E2BIG): its 64 KiB are more than the file system (stores|accepts)/,
      )
      expect(message).not.toMatch(/free some space/i)
    }
    expect(tree.get('a')).toMatchObject({ mode: 0o4711, size: 1 })
  })

  it('is rejected with the limits if it exceeds those of Linux', async () => {
    const it = await scratch()
    for (const xattrs of [
      new Map([['user.huge', Buffer.alloc(65_537)]]),
      new Map([[`user.${'x'.repeat(251)}`, Buffer.from('x')]]),
    ]) {
      const error = refusal(() => it.apply([file('a', 'x', { xattrs })]))
      expect([error.code, error.hint]).toEqual([
        'LAYER_INVALID',
        'Linux allows names of up to 255 bytes and values of up to 64 KiB. Nothing of the layer is kept. Tell whoever publishes the image.',
      ])
      expect(error.message).toMatch(/exceeds the limits of Linux$/)
    }
  })
})

/** The error of the next calls that set or remove an attribute, and how much room the disk has. */
const machine = vi.hoisted(() => ({
  isPlayed: false,
  set: '',
  remove: '',
  room: 2 ** 30,
  removed: [] as string[],
}))
vi.mock('../../../../lib/system/index.js', async (original) => {
  const real = await original<typeof system>()
  const failure = (code: string): Error => Object.assign(new Error(code), { code, errno: -1 })
  return {
    ...real,
    setXattr: (...values: Parameters<typeof real.setXattr>) => {
      if (machine.set !== '') throw failure(machine.set)
      real.setXattr(...values)
    },
    listXattrs: (path: Buffer) =>
      machine.isPlayed
        ? ['user.a', 'security.selinux', 'security.capability', 'trusted.b']
        : real.listXattrs(path),
    removeXattr: (path: Buffer, name: string) => {
      if (!machine.isPlayed) real.removeXattr(path, name)
      if (machine.remove !== '') throw failure(machine.remove)
      machine.removed.push(name)
    },
  }
})
vi.mock('node:fs', async (original) => {
  const real = await original<{ statfsSync(path: string): object }>()
  return {
    ...real,
    statfsSync: (path: string) =>
      machine.isPlayed ? { bsize: 1, bavail: machine.room, files: 0, ffree: 0 } : real.statfsSync(path),
  }
})

describe('an attribute that cannot be set', () => {
  beforeEach(() => void (machine.isPlayed = true))
  afterEach(
    () => void Object.assign(machine, { isPlayed: false, set: '', remove: '', room: 2 ** 30, removed: [] }),
  )
  const set = (name = 'user.a', forOrdinaryUser = false): string[] => {
    const warnings: string[] = []
    const warn = (code: string, message: string): void => void warnings.push(`${code}: ${message}`)
    const writer = new XattrWriter({ root: '/', warn, forOrdinaryUser })
    writer.set(Buffer.from('/missing'), 'a', new Map([[name, Buffer.from('value')]]))
    return warnings
  }

  it.each([
    ['ENOTSUP', 'the file system does not support it'],
    ['EOPNOTSUPP', 'the file system does not support it'],
    ['ENOSYS', 'the file system does not support it'],
    ['EPERM', 'of "a": EPERM'],
    ['EINVAL', 'its value is not accepted here'],
    ['E2BIG', 'its 5 bytes are more than the file system accepts'],
    ['ERANGE', 'its 5 bytes are more than the file system accepts'],
    ['ENOSPC', 'its 5 bytes are more than the file system stores for one file'],
  ])('because of %s is a warning', (code, why) => {
    machine.set = code
    expect(set()).toEqual([expect.stringContaining(why)])
    expect(set()[0]).toMatch(
      /^XATTR_SKIPPED: Some extended attributes could not be set \(first: "user.a" of "a": /,
    )
  })

  it('because the disk is full or broken is an error', () => {
    Object.assign(machine, { set: 'ENOSPC', room: 100 })
    expect(() => set()).toThrow('ENOSPC')
    Object.assign(machine, { set: 'EIO' })
    expect(() => set()).toThrow('EIO')
  })

  it('because the tree is for an ordinary user is not tried', () => {
    machine.set = 'EIO'
    for (const name of ['trusted.a', 'security.capability'])
      expect(set(name, true)).toEqual([expect.stringContaining('the tree is for an ordinary user')])
    expect(() => set('user.a', true)).toThrow('EIO')
  })

  it('because it belongs to the host or to overlayfs is a warning of its own', () => {
    machine.set = 'EIO'
    for (const name of [
      'security.selinux',
      'user.overlay.opaque',
      'trusted.overlay.opaque',
      'system.other',
      'user.',
    ])
      expect(set(name)).toEqual([expect.stringMatching(/^XATTR_FOREIGN: /)])
  })

  it('is removed from a directory of a lower layer only if images may have it', () => {
    const writer = new XattrWriter({ root: '/', warn: () => undefined, forOrdinaryUser: false })
    writer.clear(Buffer.from('/'))
    expect(machine.removed).toEqual(['user.a', 'security.capability', 'trusted.b'])
    for (const code of ['EPERM', 'ENOTSUP', 'ENOSYS']) {
      machine.remove = code
      writer.clear(Buffer.from('/'))
    }
    machine.remove = 'EIO'
    expect(() => writer.clear(Buffer.from('/'))).toThrow('EIO')
  })
})
