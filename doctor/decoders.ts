/** Determines which libraries decompress layers on this machine. */
import zlib from 'node:zlib'
import { openGunzip } from '../lib/system/gunzip.js'
import { openUnzstd } from '../lib/system/zstd/unzstd.js'

/** The decoders of layers, as `decompressor` selects them. */
export interface Decoders {
  readonly gzip: 'ISA-L' | 'zlib'
  readonly zstd: 'libzstd' | 'zlib' | 'fzstd'
}

/** Returns the decoders that this process uses. */
export function decoders(): Decoders {
  const unzstd = openUnzstd()
  unzstd?.close()
  return {
    gzip: openGunzip() ? 'ISA-L' : 'zlib',
    zstd: unzstd ? 'libzstd' : 'createZstdDecompress' in zlib ? 'zlib' : 'fzstd',
  }
}
