/** Compresses the archive of a layer. */
import zlib, { gzipSync } from 'node:zlib'
import type { Compression } from '../../image/documents/media-types.js'

/**
 * Compresses `bytes`. The same bytes give the same result on the same version of Node. On a Node without zstd, the
 * result for `zstd` is a valid frame without compression.
 */
export function compress(bytes: Buffer, compression: Compression): Buffer {
  switch (compression) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'zstd':
      return zstd(bytes)
  }
}

function zstd(bytes: Buffer): Buffer {
  // Available since Node 22.15 and 23.8. The types are those of the oldest supported Node.
  const native: unknown = Reflect.get(zlib, 'zstdCompressSync')
  const compressed: unknown = typeof native === 'function' ? Reflect.apply(native, zlib, [bytes]) : undefined
  return Buffer.isBuffer(compressed) ? compressed : storedZstd(bytes)
}

/** Maximum size of a block in bytes (RFC 8878 §3.1.1.2.4). */
const maxBlockBytes = 128 * 1024

/** Returns `bytes` as a zstd frame of raw blocks, without compression (RFC 8878 §3.1.1). */
export function storedZstd(bytes: Buffer): Buffer {
  const start = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  start.writeUInt32LE(bytes.length, 5)
  const parts: Buffer[] = [start]
  let at = 0
  do {
    const piece = bytes.subarray(at, at + maxBlockBytes)
    at += piece.length
    const header = Buffer.alloc(3)
    header.writeUIntLE((piece.length << 3) | (at >= bytes.length ? 1 : 0), 0, 3)
    parts.push(header, piece)
  } while (at < bytes.length)
  return Buffer.concat(parts)
}
