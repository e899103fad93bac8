/** The cost of a megabyte: hashed, inflated by the chunk. */
import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { decompressor, pump } from '../../lib/bytes/index.js'
import type { Contender } from './main.js'

const megabytes = 32
const chunk = 256 * 1024

/** Every second byte noise: as compressible as programs are. */
function sample(): Buffer {
  const bytes = Buffer.alloc(megabytes * 1_000_000, 0x20)
  let state = 1
  for (let i = 0; i < bytes.length; i += 2) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
}

export function bytes(): Promise<Contender[]> {
  const plain = sample()
  const zipped = gzipSync(plain, { level: 6 })
  const unit = 'MB'
  const hashed = (algorithm: string): Contender => ({
    ...{ group: 'hash', unit, amount: megabytes, name: algorithm },
    run() {
      const hash = createHash(algorithm)
      for (const slice of slices(plain)) hash.update(slice)
      hash.digest()
    },
  })
  const nowhere = (): Writable => new Writable({ write: (_, __, done) => done() })
  return Promise.resolve([
    hashed('sha256'),
    hashed('sha512'),
    {
      ...{ group: 'inflate', unit, amount: megabytes, name: 'gzip (MB of output)' },
      run: () => pump([Readable.from(slices(zipped)), decompressor('gzip'), nowhere()]),
    },
  ])
}
