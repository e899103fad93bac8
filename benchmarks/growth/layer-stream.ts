/** Generates the archive of a layer of any size piece by piece. */
import { packEntries } from '../../lib/testing/images/index.js'
import { halfNoise } from '../shared/half-noise.js'

export interface GrowthLayer {
  readonly seed: number
  readonly files: number
  /** Size of each file in bytes. */
  readonly bytes: number
}

const piece = 4 * 1024 * 1024
const block = 512
const perDirectory = 64

/**
 * Generates the archive, which is determined by the parameters. The files of a directory follow it. Their bytes
 * compress to about half.
 */
export function* layerArchive({ seed, files, bytes }: GrowthLayer): Generator<Buffer> {
  const top = `layer-${seed}/`
  yield headers({ path: top })
  for (let file = 0; file < files; file++) {
    const directory = `${top}${Math.floor(file / perDirectory)}/`
    if (file % perDirectory === 0) yield headers({ path: directory })
    yield fileHeader(`${directory}${file}`, bytes)
    for (let at = 0; at < bytes; at += piece)
      yield halfNoise(Math.min(piece, bytes - at), seed + file * 7919 + at / piece)
    yield Buffer.alloc((block - (bytes % block)) % block)
  }
  yield Buffer.alloc(2 * block)
}

/** Returns an entry without content and without the end of an archive. */
const headers = (entry: Parameters<typeof packEntries>[0] extends Iterable<infer E> ? E : never): Buffer =>
  packEntries([entry]).subarray(0, -2 * block)

/** Returns a header for a file of up to 8 GiB, made from that of an empty file with another size and checksum. */
function fileHeader(path: string, size: number): Buffer {
  const header = Buffer.from(headers({ path }))
  header.write(size.toString(8).padStart(11, '0'), 124, 'latin1')
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1')
  return header
}
