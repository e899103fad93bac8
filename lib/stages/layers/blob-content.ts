/** What is inside a layer's blob of the store, where nobody unpacked it: read once, verified on the way, kept nowhere. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform, Writable } from 'node:stream'
import { type Compression, Verifier, decompressor, detectCompression, pump } from '../../bytes/index.js'
import { type Descriptor, type Digest, parseDigest } from '../../image/index.js'
import { type Limits, defaultLimits, limitExceeded } from '../../limits.js'
import { ratioFloor } from '../../limits.js'
import type { Store } from '../../store/index.js'

const chunk = 1024 * 1024

/** How the blob is compressed, by its first bytes. */
export async function compressionOfBlob(digest: Digest, store: Store): Promise<Compression> {
  const file = await open(store.blobs.path(digest))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return detectCompression(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

export interface DiffIDOptions {
  readonly signal: AbortSignal
  readonly limits?: Pick<Limits, 'layerBytes' | 'layerRatio'> | undefined
}

/**
 * The digest of the archive in the blob: its diffID.
 *
 * @throws DIGEST_MISMATCH, SIZE_MISMATCH where the blob has rotted; LAYER_INVALID where it cannot be decompressed;
 * LIMIT_EXCEEDED where there is more in it than is allowed.
 */
export async function diffIDOfBlob(
  { digest, size }: Descriptor,
  store: Store,
  { signal, limits = defaultLimits }: DiffIDOptions,
): Promise<Digest> {
  const verifier = new Verifier({ digest, size })
  const hash = createHash('sha256')
  let inside = 0
  const verified = new Transform({
    transform: (bytes: Buffer, _encoding, done) =>
      done(
        thrownBy(() => verifier.update(bytes)),
        bytes,
      ),
    highWaterMark: chunk,
  })
  const hashed = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      inside += bytes.length
      hash.update(bytes)
      done(thrownBy(() => checkSize(inside, { digest, size }, limits)))
    },
    highWaterMark: chunk,
  })
  const decompress = decompressor(await compressionOfBlob(digest, store))
  const file = createReadStream(store.blobs.path(digest), { highWaterMark: chunk })
  await pump([file, verified, decompress, hashed], { signal })
  verifier.check()
  return parseDigest(`sha256:${hash.digest('hex')}`)
}

/** As for a layer that is unpacked. */
function checkSize(
  inside: number,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  { layerBytes, layerRatio }: Pick<Limits, 'layerBytes' | 'layerRatio'>,
): void {
  const what = `Layer ${digest} of ${size} bytes becomes ${inside} bytes and more when decompressed`
  if (inside > layerBytes) throw limitExceeded(what, 'layerBytes', layerBytes, { digest })
  if (inside > ratioFloor && inside > size * layerRatio)
    throw limitExceeded(what, 'layerRatio', layerRatio, { digest })
}

/** A stream wants its error as a value: what its code throws would end the process. */
function thrownBy(work: () => void): Error | null {
  try {
    work()
    return null
  } catch (error) {
    return error as Error // of the checks above, which throw nothing else
  }
}
