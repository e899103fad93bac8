/** zstd by each of the decoders that there are. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decompressor, nodeUnzstd, fzstdUnzstd } from '../../lib/bytes/compression/decompress.js'
import { FzstdDecoder } from '../../lib/bytes/compression/fzstd-decoder.js'
import { LibzstdDecoder } from '../../lib/bytes/compression/libzstd-decoder.js'
import { WindlassError } from '../../lib/errors.js'
import { openUnzstd } from '../../lib/system/index.js'
import { concat, type Make, refused, undo } from '../lib/bytes/undo.js'

const hasZstd = spawnSync('zstd', ['--version']).status === 0
const zstd = (bytes: Buffer, ...options: string[]): Buffer =>
  spawnSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 2 ** 28 }).stdout
const skippable = concat([Buffer.from('512a4d1804000000', 'hex'), Buffer.from('skip')])

const libzstd =
  (beside: boolean): Make =>
  () =>
    new LibzstdDecoder(openUnzstd()!, { outputBytes: 2 ** 19, asynchronous: beside })
const libzstdDecoders = (): Decoder[] => [
  ['libzstd', libzstd(false), true],
  ['libzstd in another thread', libzstd(true), true],
]
const hasLibzstd = (): boolean => {
  const unzstd = openUnzstd()
  unzstd?.close()
  return unzstd !== undefined
}

/** A frame with a window of `2 ** (10 + exponent)` bytes, of `blocks` times 128 KiB of one byte. */
function windowed(exponent: number, blocks: number): Buffer {
  const header = (last: boolean): Buffer => {
    const block = Buffer.from('....x')
    block.writeUIntLE(((128 * 1024) << 3) | 2 | (last ? 1 : 0), 0, 3)
    return concat([block.subarray(0, 3), Buffer.from('x')])
  }
  return concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3]),
    ...Array.from({ length: blocks }, (_, at) => header(at === blocks - 1)),
  ])
}

type Decoder = [name: string, make: Make, takesLargeWindows: boolean]

/** The decoders that this machine has. libzstd may not be installed, and Node's zlib has zstd since 22.15. */
const decoders: readonly Decoder[] = [
  ...(hasLibzstd() ? libzstdDecoders() : []),
  ...(nodeUnzstd() === undefined ? [] : [["Node's zlib", () => nodeUnzstd()!, true] satisfies Decoder]),
  ['a package', fzstdUnzstd, false],
]

describe.skipIf(!hasZstd).each(decoders)('zstd by %s', (_library, unzstd, takesLargeWindows) => {
  const text = hasZstd ? zstd(Buffer.from('hello')) : Buffer.alloc(0)

  it('takes several frames, empty ones and skippable ones, first and last too, however they are cut', async () => {
    const bytes = concat([
      skippable,
      text,
      zstd(Buffer.alloc(0)),
      skippable,
      text,
      zstd(Buffer.from('x'), '--no-check'),
      skippable,
    ])
    for (const size of [1, 3, 7, bytes.length])
      expect((await undo(unzstd, bytes, size)).toString()).toBe('hellohellox')
    const many = concat([...Array.from({ length: 30_000 }, () => skippable), text])
    expect((await undo(unzstd, many)).toString()).toBe('hello')
    for (const size of [1, 12]) expect(await undo(unzstd, skippable, size)).toHaveLength(0)
  })

  it('gives back large and repeating data', async () => {
    const data = concat([Buffer.alloc(500_000, 'abcdefgh'), randomBytes(300_000), Buffer.alloc(2 ** 20)])
    for (const options of [['-1'], ['-19'], ['--fast=5']])
      expect((await undo(unzstd, zstd(data, ...options), 10_007)).equals(data)).toBe(true)
  })

  it('refuses every cut but that between two frames', async () => {
    const two = concat([text, text])
    for (let length = 1; length < two.length; length++) {
      if (length !== text.length) await refused(unzstd, two.subarray(0, length), /zstd failed/)
    }
  })

  it('refuses garbage and zeros behind a frame', async () => {
    await refused(unzstd, concat([text, Buffer.from('garbage')]), /a frame is followed by other data/)
    await refused(unzstd, concat([text, Buffer.alloc(8)]), /a frame is followed by other data/)
    await refused(unzstd, concat([text, Buffer.from('28b52f00', 'hex')]), /a frame is followed by other data/)
  })

  it('refuses a wrong checksum', async () => {
    const wrong = Buffer.from(text)
    wrong[wrong.length - 1]! ^= 1
    // The package does not look at checksums: the digest of the layer is what is believed.
    if (takesLargeWindows) await refused(unzstd, wrong, /zstd failed/)
  })

  it('refuses a window of gigabytes before anything is allocated, and names the limit', async () => {
    await refused(
      unzstd,
      Buffer.from('28b52ffd00a0000000', 'hex'),
      /more than the maximum of 128 MiB/,
      'LIMIT_EXCEEDED',
    )
    await refused(
      unzstd,
      Buffer.from('28b52ffde00000000080000000000000', 'hex'),
      /more than the maximum of 128 MiB/,
      'LIMIT_EXCEEDED',
    )
  })

  it('refuses a frame that needs a dictionary by the number of that, and takes one that says it needs none', async () => {
    const header = (id: string): Buffer =>
      concat([Buffer.from(`28b52ffd0358${id}`, 'hex'), Buffer.from('290000', 'hex'), Buffer.from('hello')])
    await refused(unzstd, header('39300000'), /needs the dictionary 12345/)
    expect((await undo(unzstd, header('00000000'))).toString()).toBe('hello')
  })

  if (takesLargeWindows)
    it('takes windows up to 128 MiB, and what is said again from 100 MiB before', async () => {
      expect(await counted(unzstd, windowed(17, 1100))).toBe(1100 * 128 * 1024)
      const said = randomBytes(2 ** 20)
      const far = concat([said, Buffer.alloc(100 * 2 ** 20), said])
      const bytes = zstd(far, '--long=27', '-1')
      expect(bytes.length).toBeLessThan(1.5 * 2 ** 20)
      expect((await undo(unzstd, bytes, 65_536)).equals(far)).toBe(true)
    })
  else
    it('takes windows up to 32 MiB, and says what to install for larger ones', async () => {
      expect(await counted(unzstd, windowed(15, 300))).toBe(300 * 128 * 1024)
      await expect(undo(unzstd, windowed(17, 1))).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining('128 MiB') as string,
        hint: expect.stringMatching(/Install libzstd .*Node 22\.15/) as string,
      })
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
          const outcome = await undo(unzstd, damaged, size).catch((error: unknown) => error)
          if (!Buffer.isBuffer(outcome)) expect(outcome).toBeInstanceOf(WindlassError)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('can be destroyed at any time', async () => {
    for (let i = 0; i < 20; i++) {
      const stream = unzstd()
      stream.on('error', () => undefined)
      stream.write(windowed(10, 100))
      if (i % 2 === 0) await new Promise(setImmediate)
      stream.destroy()
      await new Promise((resolve) => stream.once('close', resolve))
    }
  })
})

describe('zstd', () => {
  it('is undone by libzstd where the system has it', () => {
    const stream = decompressor('zstd')
    expect(stream instanceof LibzstdDecoder).toBe(hasLibzstd())
    stream.destroy()
  })
})

async function counted(make: Make, bytes: Buffer): Promise<number> {
  let count = 0
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      count += chunk.length
      done()
    },
  })
  await pipeline(Readable.from([bytes], { objectMode: false }), make(), sink)
  return count
}

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
