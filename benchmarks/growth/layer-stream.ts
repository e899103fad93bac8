/** A layer's archive as a stream: of any size, a piece at a time. */
import { packEntries } from '../../lib/testing/images/index.js'
import { halfNoise } from '../shared/half-noise.js'

export interface GrowthLayer {
  readonly seed: number
  readonly files: number
  /** Of each file. */
  readonly bytes: number
}

const piece = 4 * 1024 * 1024
const block = 512
const perDirectory = 64

/** The same for the same layer. Files of each directory follow it; their bytes compress to about half. */
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

/** An entry without content, and without the end of an archive behind it. */
const headers = (entry: Parameters<typeof packEntries>[0] extends Iterable<infer E> ? E : never): Buffer =>
  packEntries([entry]).subarray(0, -2 * block)

/** That of an empty file with another size in it, and another sum therefore: up to 8 GiB. */
function fileHeader(path: string, size: number): Buffer {
  const header = Buffer.from(headers({ path }))
  header.write(size.toString(8).padStart(11, '0'), 124, 'latin1')
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1')
  return header
}
