/** Blobs in memory of which parts are read, and what the tables of contents in them say. */
import { Readable } from 'node:stream'
import {
  type TocReference,
  TarReader,
  entriesOfToc,
  readToc,
  tocReferenceOf,
} from '../../lib/archive/index.js'
import { chunkContent } from '../../lib/archive/toc/chunk-content.js'
import type { TocLayerEntry } from '../../lib/archive/toc/toc-entries.js'
import { RandomAccessBlob, decompressor, detectCompression } from '../../lib/bytes/index.js'
import { type Limits, defaultLimits } from '../../lib/limits.js'
import type { EncodedLayer } from '../../testbench/toc/encoded-layer.js'

export interface Access {
  readonly blob: RandomAccessBlob
  /** The parts that were requested. */
  readonly parts: { readonly offset: number; readonly length: number }[]
  readonly streams: Readable[]
}

/** Access to `bytes`, which come in pieces of 1,000 bytes. */
export function accessTo(bytes: Buffer): Access {
  const parts: Access['parts'] = []
  const streams: Readable[] = []
  const blob = new RandomAccessBlob({
    size: bytes.length,
    what: 'the layer',
    open: ({ offset, length }) => {
      parts.push({ offset, length })
      const part = bytes.subarray(offset, offset + length)
      const pieces = Array.from({ length: Math.ceil(part.length / 1_000) }, (_, at) =>
        part.subarray(at * 1_000, (at + 1) * 1_000),
      )
      const stream = Readable.from(pieces, { objectMode: false })
      streams.push(stream)
      return Promise.resolve({ stream, offset, size: bytes.length, validator: undefined, host: 'host' })
    },
  })
  return { blob, parts, streams }
}

/** The reference of a layer, which must have one that makes sense. */
export function referenceOf(layer: EncodedLayer): TocReference {
  const reference = tocReferenceOf(layer)
  if (reference === undefined || 'problem' in reference) throw new Error('no reference')
  return reference
}

export interface OpenedToc extends Access {
  readonly entries: readonly TocLayerEntry[]
  /** Reads the content of an entry by its table. */
  readonly read: (entry: TocLayerEntry) => Promise<Buffer>
}

/** Reads the table of a layer. */
export async function tocOf(
  layer: EncodedLayer,
  { limits = defaultLimits, access = accessTo(layer.bytes) }: { limits?: Limits; access?: Access } = {},
): Promise<OpenedToc> {
  const toc = await readToc(access.blob, referenceOf(layer), limits)
  return {
    ...access,
    entries: entriesOfToc(toc, limits),
    async read({ entry: { path }, content }) {
      const chunks: Buffer[] = []
      if (content)
        for await (const chunk of chunkContent(access.blob, { path, content, compression: toc.compression }))
          chunks.push(chunk)
      return Buffer.concat(chunks)
    },
  }
}

/** The entries and contents of the archive of a layer, read without its table. */
export async function archiveOf({ bytes }: Pick<EncodedLayer, 'bytes'>) {
  const found: { entry: TocLayerEntry['entry']; content: Buffer[] }[] = []
  const reader = new TarReader({
    entry: (entry) => void found.push({ entry, content: [] }),
    data: (chunk) => void found.at(-1)!.content.push(Buffer.from(chunk)),
    end: () => undefined,
  })
  for await (const chunk of decompressor(detectCompression(bytes)).end(bytes) as AsyncIterable<Buffer>)
    reader.write(chunk)
  reader.finish()
  return found.map(({ entry, content }) => ({ entry, content: Buffer.concat(content) }))
}
