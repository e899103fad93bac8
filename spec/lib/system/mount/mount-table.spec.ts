import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isMountNamespaceInUse,
  ownMountNamespace,
  parseMountTable,
  readMountTable,
} from '../../../../lib/system/mount/mount-table.js'

const escaped = (text: string): string =>
  text.replace(/[\\ \t\n]/g, (each) => `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`)

describe('the table of mounts', () => {
  it('is parsed with optional fields and escaped characters', () => {
    const text =
      '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n' +
      '70 44 0:39 / /m ro,relatime - overlay windlass:0db8 ro,lowerdir=a\n'
    expect(parseMountTable(text)).toEqual([
      { target: '/mnt 2', type: 'ext3', source: '/dev/root' },
      { target: '/m', type: 'overlay', source: 'windlass:0db8' },
    ])
  })

  it('is parsed for every path, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (path, noise) => {
        const target = `/${path}`
        expect(parseMountTable(`1 2 0:3 / ${escaped(target)} rw - ext4 x rw`)[0]?.target).toBe(target)
        expect(Array.isArray(parseMountTable(noise))).toBe(true)
      }),
    )
  })

  it('is that of this process', () => {
    expect(readMountTable().some(({ target }) => target === '/')).toBe(true)
    const own = ownMountNamespace()
    expect(own).toMatch(/^mnt:\[\d+\]$/)
    expect(isMountNamespaceInUse(own!)).toBe(true)
    expect(isMountNamespaceInUse('mnt:[1]')).toBe(false)
  })
})
