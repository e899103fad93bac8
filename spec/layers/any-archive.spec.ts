import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import {
  archive,
  withChecksum,
  endOfArchive,
  entry,
  header,
  pax,
  readArchive,
} from '../../testbench/archives/archive.js'

const field = (length: number) =>
  fc.string({ unit: 'binary-ascii', maxLength: length }).map((text) => text.replaceAll('\0', '/'))
const anyEntry = fc
  .record({
    flag: fc.constantFrom('0', '1', '2', '5', '6', '7', '\0'),
    name: field(100),
    body: fc.uint8Array({ maxLength: 1500 }),
    long: fc.option(field(300)),
    records: fc.dictionary(
      fc.constantFrom('path', 'mtime', 'SCHILY.xattr.user.a', 'comment'),
      fc.constantFrom('1', '2.5', '77'),
    ),
  })
  .map(({ flag, name, body, long, records }) => {
    const isFile =
      flag === '0' ||
      flag === '7' ||
      (flag === '\0' && !(long ?? '').endsWith('/') && !(records.path ?? name).endsWith('/'))
    return Buffer.concat([
      ...(Object.keys(records).length > 0 ? [pax(Object.entries(records))] : []),
      ...(long === null || long === '' ? [] : [entry({ flag: 'L' }, long)]),
      isFile && !name.endsWith('/')
        ? entry({ flag, name }, Buffer.from(body))
        : header({ flag, name, link: 'target' }),
    ])
  })
const anyArchive = fc.array(anyEntry, { maxLength: 6 }).map((entries) => archive(...entries))

describe('any archive', () => {
  it('gives the same entries however it is cut into chunks', () => {
    fc.assert(
      fc.property(anyArchive, fc.infiniteStream(fc.integer({ min: 1, max: 1100 })), (bytes, cuts) => {
        expect(readArchive(bytes, {}, () => cuts.next().value as number)).toEqual(readArchive(bytes))
      }),
      { numRuns: 300 },
    )
  })

  it('damaged in any way gives entries or a WindlassError, and the same however it is cut', () => {
    const outcome = (bytes: Buffer, cut?: () => number): string => {
      try {
        return `${readArchive(bytes, {}, cut).length} entries`
      } catch (error) {
        if (!(error instanceof WindlassError)) throw error
        return error.message.replace(/after [\d,]+ bytes?/, '')
      }
    }
    const damage = fc.array(
      fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.constantFrom('byte', 'field', 'cut', 'drop') }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(anyArchive, damage, fc.integer({ min: 1, max: 700 }), (source, all, size) => {
        let bytes = Buffer.from(source)
        for (const { at, byte, how } of all) {
          const block = (at % Math.max(1, Math.floor(bytes.length / 512))) * 512
          if (how === 'cut') bytes = bytes.subarray(0, at % (bytes.length + 1))
          else if (how === 'drop')
            bytes = Buffer.concat([bytes.subarray(0, block), bytes.subarray(block + 512)])
          else if (how === 'byte' && bytes.length > 0) bytes[at % bytes.length] = byte
          else if (bytes.length >= block + 512) {
            // With a right checksum, so that the field itself is read.
            bytes[block + ([100, 108, 116, 124, 125, 136, 156, 257, 345][at % 9] ?? 0)] = byte
            withChecksum(bytes.subarray(block, block + 512))
          }
        }
        expect(outcome(bytes, () => size)).toBe(outcome(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('reads 20,000 entries in linear time', () => {
    const one = entry({ name: 'usr/share/file' }, 'x')
    const many = Buffer.concat([...Array.from({ length: 20_000 }, () => one), endOfArchive])
    const started = process.cpuUsage()
    expect(readArchive(many)).toHaveLength(20_000)
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000)
  })
})
