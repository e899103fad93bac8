/** Reads a blob of a source, and verifies it while it is read. */
import { type Readable, pipeline } from 'node:stream'
import type { Descriptor, ImageSource } from '../image/index.js'
import { VerifyingStream } from './verifying-stream.js'

/** Options of `readBlob`. */
export interface ReadBlobOptions {
  /** Aborts the request, and destroys the stream. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns a stream of the bytes of a blob as stored; a layer is usually compressed. Size and digest are verified, and
 * the stream fails before its last byte if they are wrong.
 *
 * @throws DIGEST_INVALID; errors of the source; as errors of the stream, SIZE_MISMATCH and DIGEST_MISMATCH
 * @example
 * const layer = await readBlob(source, descriptor)
 * await pipeline(layer, createGunzip(), createWriteStream('layer.tar'))
 */
export async function readBlob(
  source: ImageSource,
  descriptor: Descriptor,
  { signal }: ReadBlobOptions = {},
): Promise<Readable> {
  const verifying = new VerifyingStream(descriptor)
  const { stream } = await source.blob(descriptor, signal && { signal })
  // The reader receives the error of either stream.
  return pipeline(stream, verifying, () => undefined)
}
