/** Reads a layer by its table of contents: all entries are known at once, and content is fetched by ranges. */
import type { RandomAccessBlob } from '../../bytes/random-access.js'
import type { TarEntry } from '../tar/entry.js'
import { WindlassError } from '../../errors.js'
import { invalidToc } from '../toc/refusal.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { chunkContent, verifiedChunks } from '../toc/chunk-content.js'
import type { Toc } from '../toc/read-toc.js'
import type { TocLayerEntry } from '../toc/toc-entries.js'
import { pathOf } from './entry-path.js'
import type { FileReading, LayerReader } from './layer-reader.js'

/** What a `TocLayer` reads. */
export interface TocLayerOptions {
  readonly blob: RandomAccessBlob
  /** The entries of the table. */
  readonly files: readonly TocLayerEntry[]
  readonly compression: Toc['compression']
  /** Returns a reader of the archive, for a source that does not serve parts of blobs after all. */
  readonly archive: () => LayerReader
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
    this.entries = options.files.map(({ entry }) => entry)
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
    const { files, blob, compression, signal } = this.#options
    const { entry, content } = files[ordinal]!
    if (content === undefined) return
    const { path } = entry
    let isBegun = false
    try {
      for await (const chunk of chunkContent(blob, { path, content, compression }, signal)) {
        isBegun = true
        yield chunk
      }
      return
    } catch (error) {
      // The source may refuse ranges only here: the table of a small layer was read together with the whole layer, from
      // offset 0, which every source serves.
      if (isBegun || !(error instanceof WindlassError) || error.code !== 'UNSUPPORTED') throw error
    }
    const bytes = await this.#readArchive(ordinal)
    yield* verifiedChunks(bytes, { path, inner: 0, chunks: content.chunks })
  }

  /** Reads a file from the archive of the layer, whose entries are those of the table in the same order. */
  async #readArchive(ordinal: number): Promise<AsyncIterable<Buffer>> {
    const archive = (this.#archive ??= this.#options.archive())
    const wanted = pathOf(this.entries[ordinal]!)
    while (archive.entries.length <= ordinal && !archive.complete) await archive.advance(wanted)
    const entry = archive.entries[ordinal]
    if (entry === undefined || entry.type !== 'file' || pathOf(entry) !== wanted)
      throw invalidToc(`the archive does not have ${quotedLatin1(wanted)} where the table has it`)
    return archive.content(ordinal).read({ verify: false })
  }
}
