/** The calls of mount(2) and umount2(2), which the test receives. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { mountFileSystem, unmount } from '../../../../lib/system/mount/mount.js'

const calls = vi.hoisted(() => [] as unknown[])
vi.mock('../../../../lib/system/libc.js', () => ({
  requireFunction: (declaration: string) => {
    const name = /(\w+)\(/.exec(declaration)![1]!
    const textOf = (value: unknown): unknown =>
      Buffer.isBuffer(value) ? value.toString('utf8', 0, value.indexOf(0)) : value
    return { name, call: (...values: readonly unknown[]) => calls.push([name, ...values.map(textOf)]) }
  },
}))

describe('a mount', () => {
  const request = {
    source: 'windlass',
    target: '/mnt/ü',
    type: 'overlay',
    readOnly: true,
    options: 'lowerdir=/a:/b',
  }
  beforeEach(() => void (calls.length = 0))

  it('is made with its source, target, type and options, read-only or not', () => {
    mountFileSystem(request)
    mountFileSystem({ ...request, readOnly: false })
    expect(calls).toEqual([
      ['mount', 'windlass', '/mnt/ü', 'overlay', 1, 'lowerdir=/a:/b'],
      ['mount', 'windlass', '/mnt/ü', 'overlay', 0, 'lowerdir=/a:/b'],
    ])
  })

  it.each(['source', 'target', 'type', 'options'])('is refused if C would see another %s', (field) => {
    expect(() => mountFileSystem({ ...request, [field]: 'a\0b' })).toThrow(
      expect.objectContaining({ code: 'EINVAL', syscall: 'mount' }) as Error,
    )
    expect(calls).toEqual([])
  })

  it('is removed without following a link at its target', () => {
    unmount('/mnt/ü')
    expect(calls).toEqual([['umount2', '/mnt/ü', 8]])
    expect(() => unmount('')).toThrow('EINVAL')
  })
})
