/** Compresses a layer's archive. The same bytes give the same blob on one version of Node. */
import zlib, { gzipSync } from 'node:zlib'
import type { Compression } from '../../image/documents/media-types.js'

/** `none`, `gzip` or `zstd`; zstd on every Node, though only newer ones make it smaller. */
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
  // In node:zlib from 22.15 and 23.8; the types are those of the oldest Node that Windlass runs on.
  const native: unknown = Reflect.get(zlib, 'zstdCompressSync')
  const made: unknown = typeof native === 'function' ? Reflect.apply(native, zlib, [bytes]) : undefined
  return Buffer.isBuffer(made) ? made : storedZstd(bytes)
}

const largestBlock = 128 * 1024

/** A zstd frame of raw blocks (RFC 8878 §3.1.1): valid for every reader, and as large as what is in it. */
export function storedZstd(bytes: Buffer): Buffer {
  const start = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  start.writeUInt32LE(bytes.length, 5)
  const parts: Buffer[] = [start]
  let at = 0
  do {
    const piece = bytes.subarray(at, at + largestBlock)
    at += piece.length
    const header = Buffer.alloc(3)
    header.writeUIntLE((piece.length << 3) | (at >= bytes.length ? 1 : 0), 0, 3)
    parts.push(header, piece)
  } while (at < bytes.length)
  return Buffer.concat(parts)
}
