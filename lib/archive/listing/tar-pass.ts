/**
 * One pass over the blob of a layer: decompresses and parses only as far as needed, and keeps the content of one file.
 */
import { pipeline, type Readable, Transform } from 'node:stream'
import { type DecompressorStream, decompressor } from '../../bytes/compression/decompress.js'
import { sniffCompression } from '../../bytes/compression/sniff.js'
import { destroyAndWait } from '../../bytes/destroy-and-wait.js'
import { type Expected, Verifier } from '../../bytes/verifier.js'
import type { Limits } from '../../limits.js'
import { ArchiveSize } from '../archive-size.js'
import type { TarEntry } from '../tar/entry.js'
import { TarReader } from '../tar/reader.js'

/** A part of the content of a file, at its offset in the file. */
export interface Piece {
  readonly offset: number
  readonly bytes: Buffer
}

/** What a pass reads. */
export interface PassOptions {
  /** Opens the blob at its start. */
  readonly open: () => Promise<Readable>
  readonly expected: Expected
  readonly limits: Limits
  /** Returns the decompressed size of the layers that were read before this one, in bytes. */
  readonly bytesBefore: () => number
  /** Receives each entry and its position in the layer. Returns true to keep its content. */
  readonly onEntry: (entry: TarEntry, ordinal: number) => boolean
}

/**
 * Bytes to decompress at once. Small, because a reader that stops early has decompressed the rest of a chunk in vain.
 */
const chunkBytes = 128 * 1024

/** Reads a layer forward, one chunk of its archive at a time. */
export class TarPass {
  /** The content so far of the kept file. The consumer removes the pieces that it has used. */
  pieces: Piece[] = []
  /** Position of the file whose content is kept; undefined if there is none. */
  keptOrdinal: number | undefined
  /** Whether the kept file has been read to its end. */
  isKeptComplete = false
  readonly #options: PassOptions
  readonly #verifier: Verifier
  readonly #size: ArchiveSize
  readonly #tar: TarReader
  #source: Readable | undefined
  #decompress: DecompressorStream | undefined
  #archive: AsyncIterator<Buffer> | undefined
  #ordinal = 0
  #isKeeping = false
  #ended = false

  constructor(options: PassOptions) {
    this.#options = options
    this.#verifier = new Verifier(options.expected)
    this.#size = new ArchiveSize(options.limits, options.bytesBefore())
    this.#tar = new TarReader(
      {
        entry: (entry) => this.#onEntry(entry),
        // The chunk is reused after the call.
        data: (chunk, offset) => this.#isKeeping && this.pieces.push({ offset, bytes: Buffer.from(chunk) }),
        end: () => {
          if (this.#isKeeping) this.isKeptComplete = true
          this.#isKeeping = false
        },
      },
      options.limits,
    )
  }

  /** Bytes of the archive so far. */
  get bytes(): number {
    return this.#size.bytes
  }

  /** Whether the layer was read to its end and verified. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Reads the next chunk of the archive. Returns false at the end, after the blob is verified.
   * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED; SIZE_MISMATCH or DIGEST_MISMATCH at the end; errors of the
   * source
   */
  async advance(): Promise<boolean> {
    if (this.#ended) return false
    this.#archive ??= await this.#begin()
    const next = await this.#archive.next()
    if (next.done === true) {
      this.#verifier.check()
      this.#tar.finish()
      this.#ended = true
      await this.close()
      return false
    }
    this.#size.add(next.value.length)
    this.#tar.write(next.value)
    this.#decompress?.recycle?.(next.value)
    return true
  }

  /** Discards the kept content. */
  dropContent(): void {
    this.pieces = []
    this.keptOrdinal = undefined
    this.isKeptComplete = false
    this.#isKeeping = false
  }

  /** Closes the source. Resolves when it is closed. */
  async close(): Promise<void> {
    this.#decompress?.on('error', () => undefined).destroy()
    if (this.#source !== undefined) await destroyAndWait(this.#source)
  }

  #onEntry(entry: TarEntry): void {
    const ordinal = this.#ordinal++
    if (!this.#options.onEntry(entry, ordinal)) return
    this.dropContent()
    this.keptOrdinal = ordinal
    this.#isKeeping = true
  }

  async #begin(): Promise<AsyncIterator<Buffer>> {
    this.#source = await this.#options.open()
    const { compression, stream } = await sniffCompression(this.#source)
    // From 0 on, compressed bytes are counted, and the compression ratio is limited.
    if (compression !== 'none') this.#size.compressedBytes = 0
    const verifying = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        try {
          this.#verifier.update(chunk)
          if (this.#size.compressedBytes !== undefined) this.#size.compressedBytes += chunk.length
          done(null, chunk)
        } catch (error) {
          done(error as Error)
        }
      },
    })
    const decompress = decompressor(compression, { chunkBytes })
    this.#decompress = decompress
    // `pipeline` destroys all streams if one of them fails.
    pipeline(stream, verifying, decompress, () => undefined)
    return (decompress as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }
}
