import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGroup, parseId, parsePasswd } from '../../../../lib/runtime/config/user-database.js'

describe('user databases', () => {
  it('skip comments and lines that are invalid', () => {
    const text =
      '# users\nroot:x:0:0:root:/root:/bin/sh\n\nbad\n:x:1:1::/:\nx:x:-1:0::/:\nbig:x:2147483648:0::/:\nshort:x:5:6'
    expect(parsePasswd(text)).toEqual([
      { name: 'root', uid: 0, gid: 0, home: '/root' },
      { name: 'short', uid: 5, gid: 6, home: '' },
    ])
    expect(parseGroup('a:x:1:u,v\nb:x:2:\nc:x:x:\n')).toEqual([
      { name: 'a', gid: 1, members: ['u', 'v'] },
      { name: 'b', gid: 2, members: [] },
    ])
  })

  it('are parsed without an error whatever they contain', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { uid, gid } of parsePasswd(text)) expect([parseId(String(uid)), gid]).toEqual([uid, gid])
        for (const { gid } of parseGroup(text)) expect(parseId(String(gid))).toBe(gid)
      }),
    )
  })
})

describe('an id', () => {
  it.each([
    ['0', 0],
    ['2147483647', 2 ** 31 - 1],
    ['2147483648', undefined],
    ['-1', undefined],
    ['1a', undefined],
    ['', undefined],
  ])('is a decimal number that a process can have: %j', (text, id) => {
    expect(parseId(text)).toBe(id)
  })
})
