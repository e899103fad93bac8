import { describe, expect, it } from 'vitest'
import { parseHeader } from '../../../../lib/archive/tar/header.js'
import { header } from '../../../../testbench/archives/archive.js'

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
})
