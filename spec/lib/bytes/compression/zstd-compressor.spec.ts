import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Duplex, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decompressor } from '../../../../lib/bytes/compression/decompress.js'
import {
  libzstdCompressor,
  nodeZstdCompressor,
  zstdCompressor,
} from '../../../../lib/bytes/compression/zstd-compressor.js'
import { WindlassError } from '../../../../lib/errors.js'
import { openZstdEncoders } from '../../../../lib/system/index.js'

type Make = (level?: number) => Duplex

const libzstd = (level = 3): Duplex | undefined => libzstdCompressor(level)
const node = (level = 3): Duplex | undefined => nodeZstdCompressor(level)
const isHere = (make: typeof libzstd): boolean => {
  const stream = make()
  stream?.destroy()
  return stream !== undefined
}
/** The compressors that this machine has. */
const compressors = Object.entries({ libzstd, "Node's zlib": node })
  .filter(([, make]) => isHere(make))
  .map(([name, make]): [string, Make] => [name, (level) => make(level)!])

async function collected(source: Iterable<Buffer> | AsyncIterable<Buffer>, stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = []
  await pipeline(Readable.from(source, { objectMode: false }), stream, async (output) => {
    for await (const chunk of output as AsyncIterable<Buffer>) chunks.push(chunk)
  })
  return Buffer.concat(chunks)
}

const undone = (bytes: Buffer): Promise<Buffer> => collected([bytes], decompressor('zstd'))

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; at += sizes[n++ % sizes.length]!)
    yield bytes.subarray(at, at + sizes[n % sizes.length]!)
}

/** Data of `length` bytes, of which about `share` are random. */
function mixed(length: number, share: number): Buffer {
  const bytes = Buffer.alloc(length, 'a layer has many files ')
  randomBytes(Math.floor(length * share)).copy(bytes, Math.floor(length / 3))
  return bytes
}

const closed = (stream: Duplex): Promise<void> => new Promise((resolve) => stream.once('close', resolve))

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe.each(compressors)('zstd by %s', (_name, compressor) => {
  it('gives back any data in any chunks, at any level', async () => {
    const size = fc.oneof(fc.nat(300), fc.integer({ min: 100_000, max: 700_000 }))
    await fc.assert(
      fc.asyncProperty(
        size,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 100_000, max: 600_000 })), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.integer({ min: 1, max: 5 }),
        async (length, share, sizes, level) => {
          const plain = mixed(length, share)
          const frame = await collected(cut(plain, sizes), compressor(level))
          expect((await undone(frame)).equals(plain)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('makes a frame of no input', async () => {
    const frame = await collected([], compressor())
    expect(frame.length).toBeGreaterThan(0)
    expect(await undone(frame)).toHaveLength(0)
  })

  it('makes one frame with a checksum, which the program zstd accepts', async () => {
    const plain = mixed(3_000_000, 0.3)
    for (const level of [1, 3, 19]) {
      const frame = await collected(cut(plain, [70_000, 9]), compressor(level))
      const { stdout, status } = spawnSync('zstd', ['-d', '-c'], { input: frame, maxBuffer: 2 ** 28 })
      expect(status).toBe(0)
      expect(stdout.equals(plain)).toBe(true)
      // Content_Checksum_flag of the frame header (RFC 8878, section 3.1.1.1.1).
      expect(frame[4]! & 4).toBe(4)
      frame[frame.length - 1]! ^= 1
      await expect(undone(frame)).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    }
  })

  it('compresses more with a higher level', async () => {
    const plain = readFileSync(new URL('../../../../CHANGELOG.md', import.meta.url))
    const [low, high] = await Promise.all([1, 19].map((level) => collected([plain], compressor(level))))
    expect(high!.length).toBeLessThan(0.9 * low!.length)
  })

  it('reads no more than the consumer takes', async () => {
    let given = 0
    const source = new Readable({
      read() {
        given += 65_536
        this.push(randomBytes(65_536))
      },
    })
    const stream = source.pipe(compressor())
    await new Promise((resolve) => stream.once('readable', resolve))
    await vi.waitFor(async () => {
      const before = given
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(given).toBe(before)
    })
    expect(given).toBeLessThan(2 * 2 ** 20)
    source.destroy()
    stream.destroy()
    await closed(stream)
  })
})

describe.skipIf(!isHere(libzstd))('a compressor of libzstd', () => {
  it('frees its context when it ends, when it is cancelled, and when a neighbour fails', async () => {
    const before = openZstdEncoders()
    const plain = mixed(2_000_000, 0.5)
    await collected(cut(plain, [10_000]), libzstd()!)
    expect(openZstdEncoders()).toBe(before)

    for (let turns = 0; turns < 20; turns++) {
      const stream = libzstd()!
      stream.on('error', () => undefined)
      stream.write(plain)
      if (turns % 3 === 1) stream.resume()
      if (turns % 3 === 2) stream.end()
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      expect(openZstdEncoders()).toBe(before + (stream.closed ? 0 : 1))
      stream.destroy(turns % 2 === 0 ? undefined : new Error('cancelled'))
      if (!stream.closed) await closed(stream)
      expect(openZstdEncoders()).toBe(before)
    }

    const abort = new AbortController()
    const stuck = new Writable({ write: () => undefined })
    const cancelled = pipeline(Readable.from(cut(plain, [9_999])), libzstd()!, stuck, {
      signal: abort.signal,
    })
    setTimeout(() => abort.abort(), 20)
    await expect(cancelled).rejects.toThrow('aborted')
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })
    await expect(pipeline(Readable.from([plain]), libzstd()!, failing)).rejects.toThrow('disk full')
    await vi.waitFor(() => expect(openZstdEncoders()).toBe(before))
  })

  it('keeps the event loop free', async () => {
    const plain = mixed(8_000_000, 0.5)
    let [last, longest] = [performance.now(), 0]
    const tick = (): void => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    const ticking = setInterval(tick, 1)
    const start = performance.now()
    await collected([plain], libzstd(15)!)
    clearInterval(ticking)
    tick()
    // One call for each 256 KiB of input: a compression in this thread would block for all of the time.
    expect(longest).toBeLessThan((performance.now() - start) / 3)
  })

  it('needs no more memory for 100 MB than for 10', async () => {
    const chunk = mixed(2 ** 20, 0.5)
    const null_ = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })
    const compress = async (megabytes: number): Promise<number> => {
      let highest = 0
      const source = function* (): Generator<Buffer> {
        for (let n = 0; n < megabytes; n++) {
          if (n % 8 === 0) highest = Math.max(highest, process.memoryUsage.rss())
          yield chunk
        }
      }
      await pipeline(Readable.from(source()), libzstd(1)!, null_())
      return highest
    }
    const [small, large] = [await compress(10), await compress(100)]
    expect(large - small).toBeLessThan(40 * 2 ** 20)
  })
})

describe('zstdCompressor', () => {
  it('uses what this machine has, at level 3 by default', async () => {
    const plain = mixed(100_000, 0.2)
    const make = compressors.at(-1)![1]
    expect((await collected([plain], zstdCompressor())).equals(await collected([plain], make(3)))).toBe(true)
  })

  it.each([0, 20, 1.5, NaN])('refuses the level %d', (level) => {
    expect(() => zstdCompressor({ level })).toThrow(
      `The option level of zstdCompressor must be an integer from 1 to 19, not ${level}`,
    )
  })

  it('says what to install when neither Node nor the system has zstd', async () => {
    vi.stubEnv('WINDLASS_ZSTD', '0')
    vi.resetModules()
    const { zstdCompressor: create } = await import('../../../../lib/bytes/compression/zstd-compressor.js')
    const failure = (): unknown => {
      try {
        return create()
      } catch (error) {
        return error
      }
    }
    if (isHere(node)) expect(failure()).not.toBeInstanceOf(Error)
    else
      expect(failure()).toMatchObject({
        name: WindlassError.name,
        code: 'UNSUPPORTED',
        message: expect.stringMatching(
          /^Compressing as zstd is not possible: Node v\S+ has no zstd/,
        ) as string,
        hint: expect.stringMatching(
          /^Install libzstd \(Debian, Ubuntu: libzstd1.*or use Node 22\.15/,
        ) as string,
      })
  })
})
