import { crc32, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GzipHeader } from '../../../../lib/bytes/compression/gzip-header.js'

interface Fields {
  readonly extra?: Uint8Array | undefined
  readonly name?: string | undefined
  readonly comment?: string | undefined
  readonly crc: boolean
}

function headerOf({ extra, name, comment, crc }: Fields, damage = 0): Buffer {
  const flags =
    (crc ? 2 : 0) |
    (extra === undefined ? 0 : 4) |
    (name === undefined ? 0 : 8) |
    (comment === undefined ? 0 : 16)
  const parts = [Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3])]
  if (extra) parts.push(Buffer.from([extra.length & 0xff, extra.length >> 8]), Buffer.from(extra))
  for (const text of [name, comment]) if (text !== undefined) parts.push(Buffer.from(`${text}\0`, 'latin1'))
  const before = Buffer.concat(parts)
  if (!crc) return before
  const check = Buffer.alloc(2)
  check.writeUInt16LE((crc32(before) & 0xffff) ^ damage)
  return Buffer.concat([before, check])
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', '\xe9', '/'), maxLength: 20 })
const fields = fc.record({
  extra: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
  name: fc.option(word, { nil: undefined }),
  comment: fc.option(word, { nil: undefined }),
  crc: fc.boolean(),
})

/** Gives `bytes` to a header, `size` bytes at a time, and returns how many bytes belong to the header. */
function taken(bytes: Buffer, size: number): { bytes: number; complete: boolean } {
  const header = new GzipHeader()
  let sum = 0
  while (sum < bytes.length && !header.complete) sum += header.take(bytes.subarray(sum, sum + size))
  return { bytes: sum, complete: header.complete }
}

describe('the header of a gzip member', () => {
  it('is consumed exactly to its end, whatever the chunks', () => {
    fc.assert(
      fc.property(fields, fc.integer({ min: 1, max: 400 }), (of, size) => {
        const header = headerOf(of)
        const bytes = Buffer.concat([header, Buffer.from('what follows')])
        expect(taken(bytes, size)).toEqual({ bytes: header.length, complete: true })
        if (header.length > 1) expect(taken(header.subarray(0, -1), size).complete).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('is the ten bytes that zlib writes', () => {
    expect(taken(gzipSync('x'), 3)).toEqual({ bytes: 10, complete: true })
  })

  it('is rejected for a wrong magic number, method, flag or checksum', () => {
    const plain = headerOf({ crc: false })
    const changed = (at: number, byte: number): Buffer => {
      const bytes = Buffer.from(plain)
      bytes[at] = byte
      return bytes
    }
    expect(() => taken(changed(0, 0x1e), 10)).toThrow('incorrect header check')
    expect(() => taken(changed(1, 0x8c), 1)).toThrow('incorrect header check')
    expect(() => taken(changed(2, 7), 10)).toThrow('unknown compression method')
    expect(() => taken(changed(3, 0x20), 10)).toThrow('unknown header flags set')
    expect(() => taken(headerOf({ name: 'n', crc: true }, 1), 2)).toThrow('header crc mismatch')
  })
})
