/**
 * Opens a tar archive of images for reading at any position. An uncompressed archive is read in place. A compressed one is
 * decompressed once, to a temporary file without a name.
 */
import { createHash } from 'node:crypto'
import { type Stats, closeSync, createReadStream, read } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { type FileRange, detectCompression, streamRange, writeUnnamedFile } from '../../bytes/index.js'
import { printable } from '../../codec/index.js'
import { WindlassError } from '../../errors.js'
import { type Digest, parseDigest } from '../../image/index.js'
import type { Limits } from '../../limits.js'
import { OutsideFileError, openOutsideFile } from '../../system/outside-file.js'
import { ArchiveDocuments } from './archive-documents.js'
import type { ArchivedFile, FilePart } from './archived-file.js'
import { type SeekableFile, indexArchive } from './index-archive.js'
import { asImageArchiveError } from './invalid-archive.js'
import { plainBytes } from './plain-bytes.js'

const readAt = promisify(read)

/** An archive in a file. It is opened and indexed at its first use. */
export class ArchiveFile {
  /** Absolute path. */
  readonly path: string
  #documents: Promise<ArchiveDocuments> | undefined
  /** The decompressed archive, if it is compressed. */
  #plain: number | undefined

  constructor(
    file: string,
    private readonly limits: Limits,
  ) {
    this.path = path.resolve(file)
  }

  /**
   * Returns the documents of the archive.
   * @throws MANIFEST_UNKNOWN when the file cannot be read; MANIFEST_INVALID when it is not an archive of images; LIMIT_EXCEEDED;
   *   STORE_* when there is no space to decompress it
   */
  documents(signal?: AbortSignal): Promise<ArchiveDocuments> {
    this.#documents ??= this.#open(signal).catch((error: unknown) => {
      this.#closePlain()
      this.#documents = undefined // the next call tries again
      throw error
    })
    return this.#documents
  }

  /** Releases the temporary file, if there is one. A later call of `documents` opens the archive again. */
  async close(): Promise<void> {
    await this.#documents?.catch(() => undefined)
    this.#documents = undefined
    this.#closePlain()
  }

  #closePlain(): void {
    if (this.#plain !== undefined) closeSync(this.#plain)
    this.#plain = undefined
  }

  async #open(signal: AbortSignal | undefined): Promise<ArchiveDocuments> {
    const { fd, stats } = this.#openFile()
    let isCompressed = false
    try {
      isCompressed = await this.#isCompressed(fd)
    } finally {
      if (!isCompressed) closeSync(fd)
    }
    const plain = isCompressed ? await this.#decompress(fd, signal) : this.#inPlace(stats)
    const files = await indexArchive(plain, this.limits, signal)
    return new ArchiveDocuments(files, this.path, this.limits)
  }

  async #isCompressed(fd: number): Promise<boolean> {
    const { buffer, bytesRead } = await readAt(fd, Buffer.alloc(16), 0, 16, 0)
    try {
      return detectCompression(buffer.subarray(0, bytesRead)) !== 'none'
    } catch (error) {
      throw asImageArchiveError(error, this.path)
    }
  }

  /** Reads the file where it is. It is opened for each use, and must remain the same. */
  #inPlace(stats: Stats): SeekableFile {
    return seekable(this.path, stats.size, () => {
      const opened = this.#openFile()
      if (isSame(stats, opened.stats)) return { fd: opened.fd }
      closeSync(opened.fd)
      throw new WindlassError('BLOB_UNKNOWN', `${printable(this.path)} was changed while it was read`, {
        path: this.path,
        hint: 'Try again when the program that writes the archive has ended.',
      })
    })
  }

  /** Decompresses the open file, and closes it. */
  async #decompress(compressed: number, signal: AbortSignal | undefined): Promise<SeekableFile> {
    const source = createReadStream('', { fd: compressed, start: 0, ...(signal && { signal }) })
    try {
      const { fd, size } = await writeUnnamedFile(
        plainBytes(source, this.limits),
        `decompress ${printable(this.path)}`,
      )
      this.#plain = fd
      return seekable(this.path, size, () => ({ fd, keepOpen: true }))
    } catch (error) {
      source.destroy()
      throw asImageArchiveError(error, this.path)
    }
  }

  #openFile(): { readonly fd: number; readonly stats: Stats } {
    try {
      return openOutsideFile(this.path, { maxBytes: Infinity, followLink: true })
    } catch (cause) {
      const why = cause instanceof OutsideFileError ? cause.message : String(cause)
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `Failed to open the archive ${printable(this.path)}: ${why}`,
        {
          ...{ path: this.path, cause },
          hint: 'Check the path. A directory with an image is named oci:DIR or dir:DIR.',
        },
      )
    }
  }
}

const isSame = (one: Stats, other: Stats): boolean =>
  one.dev === other.dev && one.ino === other.ino && one.size === other.size && one.mtimeMs === other.mtimeMs

/** Returns an archive whose file `open` opens. */
function seekable(label: string, size: number, open: () => Pick<FileRange, 'fd' | 'keepOpen'>): SeekableFile {
  return {
    label,
    size,
    async read(position, length) {
      const opened = open()
      try {
        const { buffer, bytesRead } = await readAt(opened.fd, Buffer.alloc(length), 0, length, position)
        return buffer.subarray(0, bytesRead)
      } finally {
        if (opened.keepOpen !== true) closeSync(opened.fd)
      }
    },
    slice: (start, length) => new FileSlice(open, start, length),
  }
}

/** A file of the archive: a part of its bytes. */
class FileSlice implements ArchivedFile {
  #digest: Promise<Digest> | undefined

  constructor(
    private readonly openArchive: () => Pick<FileRange, 'fd' | 'keepOpen'>,
    private readonly start: number,
    readonly size: number,
  ) {}

  open({ offset = 0, length = this.size, signal }: FilePart = {}): Readable {
    const { start, size } = this
    return streamRange({ ...this.openArchive(), start, size }, offset, length, signal)
  }

  digest(signal?: AbortSignal): Promise<Digest> {
    this.#digest ??= this.#hash(signal).catch((error: unknown) => {
      this.#digest = undefined
      throw error
    })
    return this.#digest
  }

  async #hash(signal: AbortSignal | undefined): Promise<Digest> {
    const hash = createHash('sha256')
    for await (const chunk of this.open({ signal }) as AsyncIterable<Buffer>) hash.update(chunk)
    return parseDigest(`sha256:${hash.digest('hex')}`)
  }
}
