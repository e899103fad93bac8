/** Reads a layer by its table of contents: all entries are known at once, and content is fetched by ranges. */
import type { RandomAccessBlob } from '../../bytes/random-access.js'
import type { TarEntry } from '../tar/entry.js'
import { WindlassError } from '../../errors.js'
import { invalidTocError } from '../toc/refusal.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { chunkContent, verifiedChunks } from '../toc/chunk-content.js'
import type { Toc } from '../toc/read-toc.js'
import type { TocLayerEntry } from '../toc/toc-entries.js'
import { pathOf } from './entry-path.js'
import type { FileReading, LayerReader } from './layer-reader.js'

/** What a `TocLayer` reads. */
export interface TocLayerOptions {
  readonly blob: RandomAccessBlob
  /** The entries of the table, in the order of the archive. */
  readonly tocEntries: readonly TocLayerEntry[]
  readonly compression: Toc['compression']
  /** Returns a reader of the whole archive. Used if the source turns out not to serve ranges of blobs. */
  readonly openArchive: () => LayerReader
  readonly signal?: AbortSignal | undefined
}

/** A layer with a table of contents that has been verified. */
export class TocLayer implements LayerReader {
  readonly complete = true
  readonly verified = true
  readonly entries: readonly TarEntry[]

  readonly #options: TocLayerOptions
  #archive: LayerReader | undefined

  constructor(options: TocLayerOptions) {
    this.#options = options
    this.entries = options.tocEntries.map(({ entry }) => entry)
  }

  advance(): Promise<void> {
    return Promise.resolve()
  }

  content(ordinal: number): FileReading {
    return { verified: true, read: () => this.#read(ordinal) }
  }

  async close(): Promise<void> {
    await this.#archive?.close()
  }

  async *#read(ordinal: number): AsyncGenerator<Buffer, void, undefined> {
    const { tocEntries, blob, compression, signal } = this.#options
    const { entry, content } = tocEntries[ordinal]!
    if (content === undefined) return
    const { path } = entry
    let hasYielded = false
    try {
      for await (const chunk of chunkContent(blob, { path, content, compression }, signal)) {
        hasYielded = true
        yield chunk
      }
      return
    } catch (error) {
      // A source without ranges may fail only here: a small layer is read from offset 0 to get its table, and every
      // source serves that.
      if (hasYielded || !(error instanceof WindlassError) || error.code !== 'UNSUPPORTED') throw error
    }
    const bytes = await this.#readArchive(ordinal)
    yield* verifiedChunks(bytes, { path, innerOffset: 0, chunks: content.chunks })
  }

  /** Reads a file from the archive of the layer, which has the same entries in the same order as the table. */
  async #readArchive(ordinal: number): Promise<AsyncIterable<Buffer>> {
    const archive = (this.#archive ??= this.#options.openArchive())
    const wanted = pathOf(this.entries[ordinal]!)
    while (archive.entries.length <= ordinal && !archive.complete) await archive.advance(wanted)
    const entry = archive.entries[ordinal]
    if (entry === undefined || entry.type !== 'file' || pathOf(entry) !== wanted)
      throw invalidTocError(`the archive and the table have ${quotedLatin1(wanted)} at different positions`)
    return archive.content(ordinal).read({ verify: false })
  }
}
