import { randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zlibGunzip } from '../../../../lib/bytes/compression/decompress.js'
import { IsalGunzip } from '../../../../lib/bytes/compression/isal-gunzip.js'
import { openGunzip } from '../../../../lib/system/index.js'
import { concat, type Make, refused, undo } from '../undo.js'

/** A member with every optional header field: FTEXT, FHCRC (a checksum of the header before it), FEXTRA, FNAME, FCOMMENT. */
function fullMember(text: string, damage = 0): Buffer {
  const head = concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3]),
    Buffer.from([4, 0]),
    Buffer.from('abcd'),
    Buffer.from('name\0comment\0'),
  ])
  const check = Buffer.alloc(2)
  check.writeUInt16LE((crc(head) & 0xffff) ^ damage)
  const plain = gzipSync(text)
  return concat([head, check, deflateRawSync(text), plain.subarray(-8)])
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}

const one = gzipSync('hello')
const empty = gzipSync('')

const isal =
  (beside: boolean): Make =>
  () =>
    new IsalGunzip(openGunzip()!, { outputBytes: 2 ** 19, asynchronous: beside })

const decoders: readonly [name: string, gzip: Make, isHere: boolean][] = [
  ['zlib', zlibGunzip, true],
  ['ISA-L', isal(false), openGunzip() !== undefined],
  ['ISA-L in another thread', isal(true), openGunzip() !== undefined],
]

describe.each(decoders.filter(([, , isHere]) => isHere))('gzip by %s', (_library, gzip) => {
  it.each<[string, Buffer, string]>([
    ['one member', one, 'hello'],
    ['several members, some of them empty', concat([empty, one, empty, empty, one, empty]), 'hellohello'],
    ['FEXTRA, FNAME, FCOMMENT and FHCRC', concat([fullMember('full'), one]), 'fullhello'],
    ['zeros behind the end', concat([one, Buffer.alloc(700)]), 'hello'],
    ['nothing but an empty member', empty, ''],
  ])('takes %s', async (_name, bytes, text) => {
    for (const size of [1, 2, 25, 26, bytes.length])
      expect((await undo(gzip, bytes, size)).toString()).toBe(text)
  })

  it('rejects a wrong CRC, length or header CRC', async () => {
    const wrong = (at: number): Buffer => {
      const bytes = Buffer.from(one)
      bytes[bytes.length - at]! ^= 1
      return bytes
    }
    await refused(gzip, wrong(8), /incorrect data check/)
    await refused(gzip, wrong(4), /incorrect length check/)
    await refused(gzip, fullMember('full', 1), /header crc/)
    await refused(gzip, concat([wrong(8), one]), /incorrect data check/)
  })

  it('rejects data truncated anywhere except between two members', async () => {
    const two = concat([one, one])
    for (let length = 0; length < two.length; length++) {
      if (length === one.length) continue
      await refused(gzip, two.subarray(0, length), /unexpected end of file/)
    }
  })

  it('outputs the data of a truncated stream, then fails', async () => {
    const bytes = gzipSync(Buffer.alloc(300_000, 'said before the cut'))
    const stream = gzip()
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)))
    const failed = new Promise((resolve) => stream.on('error', resolve))
    stream.end(bytes.subarray(0, -8))
    expect(await failed).toMatchObject({ code: 'LAYER_INVALID' })
    expect(concat(chunks).equals(Buffer.alloc(300_000, 'said before the cut'))).toBe(true)
  })

  it('rejects trailing data other than zeros, also after zeros, whatever the chunks', async () => {
    await refused(gzip, concat([one, Buffer.from('garbage')]), /incorrect header check/)
    await refused(
      gzip,
      concat([one, Buffer.alloc(3), Buffer.from('x')]),
      /it is followed by 4 bytes that are not gzip/,
    )
    await refused(gzip, concat([one, Buffer.alloc(600), one]), /that are not gzip/)
  })

  it('decompresses, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 500 }),
        async (members, size) => {
          const bytes = concat(members.map((member) => gzipSync(member)))
          expect((await undo(gzip, bytes, size)).equals(concat(members.map((m) => Buffer.from(m))))).toBe(
            true,
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  it('gives the right bytes or a WindlassError for any damage', async () => {
    const bytes = concat([gzipSync(randomBytes(2000)), one])
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: 3000 }),
        async (at, byte, size) => {
          const damaged = Buffer.from(bytes)
          damaged[at] = byte
          const outcome = await undo(gzip, damaged, size).catch((error: unknown) => error)
          if (!Buffer.isBuffer(outcome))
            expect(outcome).toMatchObject({ name: 'WindlassError', code: 'LAYER_INVALID' })
        },
      ),
      { numRuns: 100 },
    )
  })

  it('uses constant memory for a bomb and a slow reader', async () => {
    const zeros = gzipSync(Buffer.alloc(16 * 2 ** 20), { level: 1 })
    const bomb = concat(Array.from({ length: 8 }, () => zeros))
    const stream = gzip()
    let bytes = 0
    let most = 0
    const before = process.memoryUsage().arrayBuffers
    await pipeline(
      Readable.from([bomb], { objectMode: false }),
      stream,
      new Writable({
        highWaterMark: 1,
        write(chunk: Buffer, _encoding, done) {
          bytes += chunk.length
          most = Math.max(most, stream.readableLength)
          setImmediate(done)
        },
      }),
    )
    expect(bytes).toBe(2 ** 27)
    expect(most).toBeLessThan(4 * 2 ** 20)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 2 ** 20)
  })

  it('can be destroyed at any time', async () => {
    for (let i = 0; i < 20; i++) {
      const stream = gzip()
      stream.on('error', () => undefined)
      stream.write(gzipSync(Buffer.alloc(2 ** 20)))
      if (i % 2 === 0) await new Promise(setImmediate)
      stream.destroy()
      await new Promise((resolve) => stream.once('close', resolve))
    }
  })
})

describe('none', () => {
  it('passes all bytes through', async () => {
    expect((await undo('none', Buffer.from('hello'), 2)).toString()).toBe('hello')
  })
})
