/** Measures the cost of hashing and inflating a megabyte with each available implementation. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { type Duplex, Readable, Writable } from 'node:stream'
import zlib, { gunzipSync, gzipSync } from 'node:zlib'
import { zlibGunzip } from '../../lib/bytes/compression/decompress.js'
import { decompressor, pump } from '../../lib/bytes/index.js'
import { openGunzip } from '../../lib/system/index.js'
import { halfNoise } from '../shared/half-noise.js'
import type { Contender } from './contender.js'

const megabytes = 32
const chunk = 256 * 1024

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
}

export function bytes(): Contender[] {
  const plain = halfNoise(megabytes * 1_000_000, 1)
  const about = { unit: 'MB', amount: megabytes } as const
  const hashed = (algorithm: string): Contender => ({
    ...{ ...about, group: 'hash', name: algorithm },
    run() {
      const hash = createHash(algorithm)
      for (const slice of slices(plain)) hash.update(slice)
      hash.digest()
    },
  })
  /** @param open opens a stream; undefined if the machine lacks the implementation */
  const inflated = (
    group: string,
    name: string,
    zipped: Buffer,
    open: () => Duplex | undefined,
  ): Contender => ({
    ...{ ...about, group, name },
    async run() {
      const stream = open()
      if (!stream) throw new Error('not on this machine')
      await pump([Readable.from(slices(zipped)), stream, discardingSink(stream)])
    },
  })
  const gzip = gzipSync(plain, { level: 6 })
  const isal = (asynchronous: boolean) => (): Duplex | undefined =>
    openGunzip() && decompressor('gzip', { asynchronous })
  return [
    ...['sha256', 'sha512'].map(hashed),
    inflated('inflate gzip', 'as a stream, ISA-L in a thread of the pool', gzip, isal(true)),
    inflated('inflate gzip', 'as a stream, ISA-L in this thread', gzip, isal(false)),
    inflated('inflate gzip', 'as a stream, zlib in a thread of the pool', gzip, zlibGunzip),
    { ...about, group: 'inflate gzip', name: 'zlib at once, in memory', run: () => void gunzipSync(gzip) },
    ...zstd(plain, (zipped, name) => inflated('inflate zstd', name, zipped, () => decompressor('zstd'))),
  ]
}

/** Compresses with the program `zstd`, since no library of the project does. */
function zstd(plain: Buffer, contender: (zipped: Buffer, name: string) => Contender): Contender[] {
  try {
    const zipped = execFileSync('zstd', ['-q', '-3', '-c'], { input: plain, maxBuffer: plain.length })
    const isNative = 'zstdCompressSync' in zlib
    return [contender(zipped, `as a stream, ${isNative ? 'Node' : 'fzstd'}`)]
  } catch (error) {
    process.stderr.write(`SKIPPED: zstd: ${error instanceof Error ? error.message : String(error)}\n`)
    return []
  }
}

/** Returns a sink that recycles chunks if the stream supports it, as the unpacker does. */
function discardingSink(from: Duplex & { recycle?(chunk: Buffer): void }): Writable {
  return new Writable({
    highWaterMark: 512 * 1024,
    write(chunk: Buffer, _, done) {
      from.recycle?.(chunk)
      done()
    },
  })
}
