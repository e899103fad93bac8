import { describe, expect, it } from 'vitest'
import { nameArgument, pathArgument } from '../../../../lib/system/native/c-string.js'

/** The string as C sees it: up to the first NUL. */
const seen = (argument: Buffer): string => argument.toString('latin1', 0, argument.indexOf(0))
const code = (expected: string) => expect.objectContaining({ code: expected, syscall: 'call' }) as Error

describe('a path for the C library', () => {
  const path = (text: string): Buffer => pathArgument(Buffer.from(text, 'latin1'), 'call')

  it('ends where it ends, also after a longer one', () => {
    expect(seen(path('/a/long/path'))).toBe('/a/long/path')
    expect(seen(path('/b'))).toBe('/b')
    expect(seen(path('x'.repeat(4_095)))).toHaveLength(4_095)
  })

  it('is refused if C would see another one, or it is too long', () => {
    for (const wrong of ['', 'a\0b', 'a\0']) expect(() => path(wrong)).toThrow(code('EINVAL'))
    expect(() => path('x'.repeat(4_096))).toThrow(code('ENAMETOOLONG'))
  })
})

describe('a name for the C library', () => {
  const name = (text: string): Buffer => nameArgument(text, 'call')

  it('ends where it ends, also after a longer one, with one byte for each character', () => {
    expect(seen(name('user.long'))).toBe('user.long')
    expect(seen(name('user.ü'))).toBe('user.ü')
    expect(seen(name('x'.repeat(255)))).toHaveLength(255)
  })

  it('is refused if C would see another one, or it is too long', () => {
    for (const wrong of ['', 'a\0b', 'user.€']) expect(() => name(wrong)).toThrow(code('EINVAL'))
    expect(() => name('x'.repeat(256))).toThrow(code('ERANGE'))
  })
})
