import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { type Duplex, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Compression } from '../../lib/bytes/compression.js'
import { decompressor, zlibGunzip } from '../../lib/bytes/decompress.js'
import { FzstdDecoder } from '../../lib/bytes/fzstd-decoder.js'
import { IsalGunzip } from '../../lib/bytes/isal-gunzip.js'
import { WindlassError } from '../../lib/errors.js'
import { openGunzip } from '../../lib/system/index.js'

const concat = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts)

type Make = () => Duplex

async function undo(compression: Compression | Make, bytes: Buffer, size = bytes.length): Promise<Buffer> {
  const chunks: Buffer[] = []
  const source = Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    })(),
    { objectMode: false },
  )
  const stream = typeof compression === 'function' ? compression() : decompressor(compression)
  await pipeline(source, stream, async (output) => {
    for await (const chunk of output as AsyncIterable<Buffer>) chunks.push(chunk)
  })
  return concat(chunks)
}

const refused = async (
  compression: Compression | Make,
  bytes: Buffer,
  message: RegExp,
  code = 'LAYER_INVALID',
) => {
  for (const size of [1, 5, bytes.length]) {
    const failure = await undo(compression, bytes, size).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(WindlassError)
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
  }
}

/** A member with every optional field: FTEXT, FHCRC (over what stands before it), FEXTRA, FNAME, FCOMMENT. */
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
    new IsalGunzip(openGunzip()!, { outputBytes: 2 ** 19, beside })

describe.each<[string, Make, boolean]>([
  ['zlib', zlibGunzip, true],
  ['ISA-L', isal(false), openGunzip() !== undefined],
  ['ISA-L in another thread', isal(true), openGunzip() !== undefined],
])('gzip by %s', (_library, gzip, isHere) => {
  if (!isHere) {
    it.skip('has not got libisal.so.2 here', () => undefined)
    return
  }
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

  it('refuses a wrong CRC, a wrong length, a wrong FHCRC', async () => {
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

  it('refuses every cut but that between two members', async () => {
    const two = concat([one, one])
    for (let length = 0; length < two.length; length++) {
      if (length === one.length) continue
      await refused(gzip, two.subarray(0, length), /unexpected end of file/)
    }
  })

  it('gives what came before a cut, then refuses', async () => {
    const bytes = gzipSync(Buffer.alloc(300_000, 'said before the cut'))
    const stream = gzip()
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)))
    const failed = new Promise((resolve) => stream.on('error', resolve))
    stream.end(bytes.subarray(0, -8))
    expect(await failed).toMatchObject({ code: 'LAYER_INVALID' })
    expect(concat(chunks).equals(Buffer.alloc(300_000, 'said before the cut'))).toBe(true)
  })

  it('refuses what is no gzip behind the end, also behind zeros, however it comes', async () => {
    await refused(gzip, concat([one, Buffer.from('garbage')]), /incorrect header check/)
    await refused(gzip, concat([one, Buffer.alloc(3), Buffer.from('x')]), /4 bytes that are no gzip/)
    await refused(gzip, concat([one, Buffer.alloc(600), one]), /no gzip/)
  })

  it('gives back what was compressed, however it is cut', async () => {
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

  it('damaged in any way gives the bytes or a WindlassError', async () => {
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

  it('stays flat in memory with a bomb and a slow reader', async () => {
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

const hasZstd = spawnSync('zstd', ['--version']).status === 0
const zstd = (bytes: Buffer, ...options: string[]): Buffer =>
  spawnSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 2 ** 28 }).stdout
const skippable = concat([Buffer.from('512a4d1804000000', 'hex'), Buffer.from('skip')])

describe.skipIf(!hasZstd)('zstd', () => {
  const text = hasZstd ? zstd(Buffer.from('hello')) : Buffer.alloc(0)

  it('takes several frames, empty ones and skippable ones, however they are cut', async () => {
    const bytes = concat([
      skippable,
      text,
      zstd(Buffer.alloc(0)),
      skippable,
      text,
      zstd(Buffer.from('x'), '--no-check'),
    ])
    for (const size of [1, 3, 7, bytes.length])
      expect((await undo('zstd', bytes, size)).toString()).toBe('hellohellox')
    const many = concat([...Array.from({ length: 30_000 }, () => skippable), text])
    expect((await undo('zstd', many)).toString()).toBe('hello')
  })

  it('gives back large and repeating data', async () => {
    const data = concat([Buffer.alloc(500_000, 'abcdefgh'), randomBytes(300_000), Buffer.alloc(2 ** 20)])
    for (const options of [['-1'], ['-19'], ['--fast=5']])
      expect((await undo('zstd', zstd(data, ...options), 10_007)).equals(data)).toBe(true)
  })

  it('refuses every cut but that between two frames', async () => {
    const two = concat([text, text])
    for (let length = 1; length < two.length; length++) {
      if (length !== text.length) await refused('zstd', two.subarray(0, length), /zstd failed/)
    }
  })

  it('refuses garbage and zeros behind a frame', async () => {
    await refused('zstd', concat([text, Buffer.from('garbage')]), /what follows a frame is none/)
    await refused('zstd', concat([text, Buffer.alloc(8)]), /what follows a frame is none/)
  })

  it('refuses a window of gigabytes before anything is allocated, and names the limit', async () => {
    await refused('zstd', Buffer.from('28b52ffd00a0000000', 'hex'), /maxWindowBytes/, 'LIMIT_EXCEEDED')
    await refused(
      'zstd',
      Buffer.from('28b52ffde00000000080000000000000', 'hex'),
      /maxWindowBytes/,
      'LIMIT_EXCEEDED',
    )
  })

  it('damaged in any way gives bytes or a WindlassError', async () => {
    const bytes = concat([zstd(concat([randomBytes(500), Buffer.alloc(3000, 'ab')])), text])
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: 3000 }),
        async (at, byte, size) => {
          const damaged = Buffer.from(bytes)
          damaged[at] = byte
          const outcome = await undo('zstd', damaged, size).catch((error: unknown) => error)
          if (!Buffer.isBuffer(outcome)) expect(outcome).toBeInstanceOf(WindlassError)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('does the same in the package that older Node lines need', async () => {
    const data = concat([Buffer.alloc(300_000, 'abcdefgh'), randomBytes(200_000)])
    const bytes = concat([zstd(data), ...Array.from({ length: 5000 }, () => skippable), text])
    const chunks: Buffer[] = []
    await pipeline(
      Readable.from([bytes], { objectMode: false }),
      new FzstdDecoder(2 ** 19),
      async (output) => {
        for await (const chunk of output as AsyncIterable<Buffer>) chunks.push(chunk)
      },
    )
    expect(concat(chunks).equals(concat([data, Buffer.from('hello')]))).toBe(true)
  })
})

describe('none', () => {
  it('passes everything on', async () => {
    expect((await undo('none', Buffer.from('hello'), 2)).toString()).toBe('hello')
  })
})

describe('the zstd decoder of older Nodes', () => {
  it('makes no more than it can hand on: 32 GiB in 1 MiB stay where they are', async () => {
    const block = Buffer.alloc(4)
    block.writeUIntLE(((128 * 1024) << 3) | 2, 0, 3)
    const bomb = concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38]),
      ...Array.from({ length: 2 ** 18 }, () => block),
    ])
    const decoder = new FzstdDecoder(2 ** 19)
    decoder.on('error', () => undefined)
    decoder.write(bomb)
    await new Promise((resolve) => decoder.once('readable', resolve))
    for (let reads = 0; reads < 20; reads++) {
      expect(decoder.readableLength).toBeLessThan(32 * 2 ** 20)
      decoder.read()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    decoder.destroy()
  })
})
