/** Files of archives of images, wherever the archive is. */
import { Readable } from 'node:stream'
import {
  type Compression,
  compressionHeadBytes,
  detectCompression,
} from '../../bytes/compression/compression.js'
import { type Digest, digestOf } from '../../image/index.js'

/** A part of a file. */
export interface FilePart {
  /** Position of the first byte (0). */
  readonly offset?: number
  /** Number of bytes (default: all from `offset`). */
  readonly length?: number
  readonly signal?: AbortSignal | undefined
}

/** A file of an archive. */
export interface ArchivedFile {
  /** Size of the content, in bytes. */
  readonly size: number
  /** Opens the content, or the part of it. */
  open(part?: FilePart): Readable
  /** The sha256 digest of the content, if it was computed while the file was received. */
  readonly sha256?: Digest
  /** Returns the sha256 digest of the content. It is computed at the first call. */
  digest(signal?: AbortSignal): Promise<Digest>
}

/** The files of an archive by their normalised paths, those that links lead to included. */
export type ArchivedFiles = ReadonlyMap<string, ArchivedFile>

/** Reads a part of a file. */
export async function readPart(file: ArchivedFile, part: FilePart = {}): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of file.open(part) as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * Returns the compression of a file by its first bytes.
 * @throws LAYER_INVALID for a compression that layers must not have
 */
export const compressionOfFile = async (file: ArchivedFile): Promise<Compression> =>
  detectCompression(await readPart(file, { length: compressionHeadBytes }))

/** Returns a file with the content `bytes`. */
export function bufferFile(bytes: Buffer): ArchivedFile {
  return {
    size: bytes.length,
    open: ({ offset = 0, length = bytes.length } = {}) =>
      Readable.from([bytes.subarray(offset, offset + length)], { objectMode: false }),
    digest: () => Promise.resolve(digestOf(bytes)),
  }
}
