/** Compresses a stream with zstd, by the library that this system has. */
import type { Duplex } from 'node:stream'
import zlib from 'node:zlib'
import { WindlassError } from '../../errors.js'
import { openZstdEncoder } from '../../system/index.js'
import { LibzstdCompressor } from './libzstd-compressor.js'

/** Options of `zstdCompressor`. */
export interface ZstdCompressorOptions {
  /** 1 (fastest) to 19 (smallest); the default is 3. Decoders need at most 8 MiB of memory for the window of any of them. */
  readonly level?: number
}

/** The levels of the program `zstd` without its option `--ultra`, and its default. */
const levels = { min: 1, max: 19, default: 3 } as const

/**
 * Creates a stream that compresses its input into one zstd frame with a checksum of the content (RFC 8878), at the pace of
 * its consumer. The work is done on threads of the pool, and the memory does not depend on the size of the input. Uses
 * Node's zlib since Node 22.15 and 23.8, otherwise libzstd, which nearly every Linux has. To cancel it, destroy the stream.
 *
 * @example
 * ```ts
 * await pipeline(createReadStream('layer.tar'), zstdCompressor({ level: 9 }), createWriteStream('layer.tar.zst'))
 * ```
 *
 * @throws WindlassError USAGE for a level that does not exist; UNSUPPORTED if neither Node nor the system has zstd. The
 * stream fails with INTERNAL when the library does, such as for lack of memory.
 */
export function zstdCompressor({ level = levels.default }: ZstdCompressorOptions = {}): Duplex {
  if (!Number.isInteger(level) || level < levels.min || level > levels.max)
    throw new WindlassError(
      'USAGE',
      `The option level of zstdCompressor must be an integer from ${levels.min} to ${levels.max}, not ${level}`,
    )
  const stream = nodeZstdCompressor(level) ?? libzstdCompressor(level)
  if (stream !== undefined) return stream
  throw new WindlassError(
    'UNSUPPORTED',
    `Compressing as zstd is not possible: Node ${process.version} has no zstd, and libzstd cannot be used`,
    {
      hint: 'Install libzstd (Debian, Ubuntu: libzstd1; Fedora: libzstd; Alpine: zstd-libs) and the package koffi, and do not set WINDLASS_ZSTD=0; or use Node 22.15 or later.',
    },
  )
}

/** A compressor of Node's zlib, or undefined if Node has none. Exported for its spec. */
export function nodeZstdCompressor(level: number): Duplex | undefined {
  const module: object = zlib
  if (!hasZstd(module)) return undefined
  return module.createZstdCompress({ params: { [compressionLevel]: level, [checksumFlag]: 1 } })
}

/** A compressor of libzstd, or undefined if the library is not usable. Exported for its spec. */
export function libzstdCompressor(level: number): Duplex | undefined {
  const encoder = openZstdEncoder(level)
  return encoder && new LibzstdCompressor(encoder)
}

/** `ZSTD_c_compressionLevel` and `ZSTD_c_checksumFlag` (zstd.h). Node exports them as constants only if it has zstd. */
const compressionLevel = 100
const checksumFlag = 201

/** node:zlib since 22.15 and 23.8. */
interface WithZstd {
  createZstdCompress(options: { readonly params: Readonly<Record<number, number>> }): Duplex
}

const hasZstd = (module: object): module is WithZstd => 'createZstdCompress' in module
