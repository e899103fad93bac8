import { describe, expect, it } from 'vitest'
import { parseHeader } from '../../../../lib/archive/tar/header.js'
import { header, octal, withChecksum } from '../../../../testbench/archives/archive.js'

/** Writes `text` at `at` and makes the checksum right again. */
function patched(block: Buffer, at: number, text: string): Buffer {
  const bytes = Buffer.from(block)
  bytes.write(text, at, 'latin1')
  bytes.fill(' ', 148, 156)
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

describe('the name of an entry in a header', () => {
  it.each([
    ['ustar', 155],
    ['star', 131],
  ] as const)('does not go on behind the prefix of %s, which may fill its %d bytes', (magic, length) => {
    const prefix = 'p'.repeat(length)
    const block = patched(header({ magic, prefix, name: 'n' }), 345 + length, '00000000001')
    expect(parseHeader(block, 0)).toMatchObject({ format: magic, path: `${prefix}/n` })
  })

  it.each([
    ['d', 'd/n'],
    ['a-longer-prefix', 'a-longer-prefix/n'],
  ])('goes on behind the prefix %s that Go before 1.8 wrote into a header of GNU', (prefix, path) => {
    expect(parseHeader(header({ magic: 'gnu', prefix, name: 'n' }), 0)).toMatchObject({ format: 'gnu', path })
  })

  it('does not go on behind the times in a header of GNU', () => {
    const edit = (block: Buffer): void => void octal(0o1234567, 12).copy(block, 345)
    expect(parseHeader(header({ magic: 'gnu', name: 'n', edit }), 0)).toMatchObject({ path: 'n' })
  })
})

describe('the checksum of a header', () => {
  it.each([
    ['before it', { name: 'caf\xe9' }],
    ['after it', { link: 'caf\xe9' }],
    ['on both sides of it', { name: '\xe9\xe8', link: '\xff' }],
  ])('may sum signed bytes, as old archives of Sun do: %s', (_, fields) => {
    const block = header(fields)
    expect(parseHeader(withChecksum(block, true), 0)).toBeDefined()
    block[148 + 5]! ^= 1
    expect(() => parseHeader(block, 0)).toThrow(/checksum/)
  })
})
