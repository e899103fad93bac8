/** Finds the files of a tar archive on disk by their positions. Only headers are read. */
import type { Limits } from '../../limits.js'
import { TarReader } from '../tar/reader.js'
import { ArchiveEntries } from './archive-entries.js'
import type { ArchivedFile, ArchivedFiles } from './archived-file.js'
import { asImageArchiveError } from './invalid-archive.js'

/** A file whose bytes can be read at any position. */
export interface SeekableFile {
  /** The archive, for errors. */
  readonly label: string
  /** Size in bytes. */
  readonly size: number
  /** Reads bytes at `position`. Returns fewer than `length` only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  /** Returns the file that consists of the `size` bytes at `start`. */
  slice(start: number, size: number): ArchivedFile
}

const blockSize = 512

/** Number of bytes that are read at once. Archives of images have few headers, with much content between them. */
const windowBytes = 16 * 1024

/**
 * Returns the files of an uncompressed archive.
 * @throws MANIFEST_INVALID for a malformed archive and for entries as of `ArchiveEntries.add`; LIMIT_EXCEEDED
 */
export async function indexArchive(
  file: SeekableFile,
  limits: Limits,
  signal?: AbortSignal,
): Promise<ArchivedFiles> {
  const entries = new ArchiveEntries(file.label)
  let position = 0
  const reader = new TarReader(
    {
      entry(entry) {
        const path = entries.add(entry)
        // The content begins after the block that is being read.
        if (path !== undefined) entries.addFile(path, file.slice(position, entry.size))
      },
      data: () => undefined,
      end: () => undefined,
    },
    limits,
  )
  const blocks = new Blocks(file)
  try {
    while (!reader.ended && position < file.size) {
      signal?.throwIfAborted()
      const skipped = Math.min(reader.skippable, file.size - position)
      if (skipped > 0) {
        reader.skip(skipped)
        position += skipped
        continue
      }
      const block = await blocks.at(position)
      if (block.length === 0) break
      position += block.length
      reader.write(block)
    }
    reader.finish()
  } catch (error) {
    throw asImageArchiveError(error, file.label)
  }
  return entries.files()
}

/** Reads single blocks of a file through a window. */
class Blocks {
  #start = 0
  #window: Buffer = Buffer.alloc(0)

  constructor(private readonly file: SeekableFile) {}

  async at(position: number): Promise<Buffer> {
    const offset = position - this.#start
    if (offset < 0 || offset + blockSize > this.#window.length) {
      this.#window = await this.file.read(position, windowBytes)
      this.#start = position
      return this.#window.subarray(0, blockSize)
    }
    return this.#window.subarray(offset, offset + blockSize)
  }
}
