/** Reads an archive of images, compressed or not, as an uncompressed stream within the limits on its size. */
import { type Readable, Transform, pipeline } from 'node:stream'
import { decompressor, sniffCompression } from '../../bytes/index.js'
import type { Limits } from '../../limits.js'
import { ArchiveSize } from '../archive-size.js'

/**
 * Yields the uncompressed bytes of an archive. `source` is destroyed when the iteration ends.
 * @throws LAYER_INVALID for damaged data and for compressions that images do not use; LIMIT_EXCEEDED when the archive is too
 * large or expands too much; errors of `source`
 */
export async function* plainBytes(source: Readable, limits: Limits): AsyncGenerator<Buffer, void, undefined> {
  // An archive may contain any number of layers.
  const size = new ArchiveSize({ ...limits, layerBytes: Infinity })
  const { stream, compression } = await sniffCompression(source)
  let plain: Readable = stream
  if (compression !== 'none') {
    const decompressed = (plain = decompressor(compression))
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size.compressedBytes = (size.compressedBytes ?? 0) + chunk.length
        done(null, chunk)
      },
    })
    // The iteration below receives the error.
    pipeline(stream, counter, decompressed, () => undefined)
  }
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    size.add(chunk.length)
    yield chunk
  }
}
