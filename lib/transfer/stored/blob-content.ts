/** Reads the content of a layer blob in the store without unpacking it: its compression and its diffID. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform, Writable } from 'node:stream'
import { type Compression, Verifier, decompressor, detectCompression, pump } from '../../bytes/index.js'
import { type Descriptor, type Digest, parseDigest } from '../../image/index.js'
import { type Limits, defaultLimits, limitExceeded, minBytesForRatio } from '../../limits.js'
import { formatBytes } from '../../quantities.js'
import type { Store } from '../../store/index.js'

const chunkBytes = 1024 * 1024

/**
 * Detects the compression of a blob by its first bytes.
 * @throws errors of the file system
 */
export async function compressionOfBlob(digest: Digest, store: Store): Promise<Compression> {
  const file = await open(store.blobs.path(digest))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return detectCompression(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** Settings of `diffIDOfBlob`; the default limits apply if none are given. */
export interface DiffIDOptions {
  readonly signal: AbortSignal
  readonly limits?: Pick<Limits, 'layerBytes' | 'layerRatio'> | undefined
}

/**
 * Computes the diffID of a blob in the store: the sha256 digest of the decompressed archive. The blob is verified
 * while it is read.
 *
 * @throws DIGEST_MISMATCH, SIZE_MISMATCH when the blob is corrupt; LAYER_INVALID when it cannot be decompressed;
 * LIMIT_EXCEEDED when its content exceeds the limits
 */
export async function diffIDOfBlob(
  { digest, size }: Descriptor,
  store: Store,
  { signal, limits = defaultLimits }: DiffIDOptions,
): Promise<Digest> {
  const verifier = new Verifier({ digest, size })
  const hash = createHash('sha256')
  let decompressedBytes = 0
  const verifying = new Transform({
    transform: (bytes: Buffer, _encoding, done) =>
      done(
        errorOf(() => verifier.update(bytes)),
        bytes,
      ),
    highWaterMark: chunkBytes,
  })
  const hashing = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      decompressedBytes += bytes.length
      hash.update(bytes)
      done(errorOf(() => checkSize(decompressedBytes, { digest, size }, limits)))
    },
    highWaterMark: chunkBytes,
  })
  const decompress = decompressor(await compressionOfBlob(digest, store))
  const file = createReadStream(store.blobs.path(digest), { highWaterMark: chunkBytes })
  await pump([file, verifying, decompress, hashing], { signal })
  verifier.check()
  return parseDigest(`sha256:${hash.digest('hex')}`)
}

/** Applies the limits that also apply to unpacking. */
function checkSize(
  decompressedBytes: number,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  { layerBytes, layerRatio }: Pick<Limits, 'layerBytes' | 'layerRatio'>,
): void {
  const message = `Layer ${digest} decompresses from ${formatBytes(size)} to ${formatBytes(decompressedBytes)} or more`
  if (decompressedBytes > layerBytes) throw limitExceeded(message, 'layerBytes', layerBytes, { digest })
  if (decompressedBytes > minBytesForRatio && decompressedBytes > size * layerRatio)
    throw limitExceeded(message, 'layerRatio', layerRatio, { digest })
}

/**
 * Returns the error that `work` throws. Stream callbacks expect errors as values; an exception would end the process.
 */
function errorOf(work: () => void): Error | null {
  try {
    work()
    return null
  } catch (error) {
    return error as Error // the checks above throw only errors
  }
}
