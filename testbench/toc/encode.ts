/**
 * Encodes layers with tables of contents: eStargz, and zstd:chunked as containers/storage and stargz-snapshotter write
 * it. Readers that do not support tables of contents can read the layer as an ordinary archive. The zstd frames contain
 * uncompressed blocks.
 */
import { gzipSync } from 'node:zlib'
import { parseRfc3339, toRfc3339 } from '../../lib/archive/toc/rfc3339.js'
import { type Digest, digestOf } from '../../lib/image/index.js'
import { type LayerEntry, packEntries } from '../../lib/testing/images/index.js'
import { storedZstd } from '../../lib/testing/images/compress.js'
import type { EncodedLayer } from './encoded-layer.js'

/** A format of tables of contents. */
export type TocFormat = 'estargz' | 'zstd:chunked' | 'zstd:chunked of stargz-snapshotter'

/** All formats. */
export const tocFormats: readonly TocFormat[] = [
  'estargz',
  'zstd:chunked',
  'zstd:chunked of stargz-snapshotter',
]

export interface EncodeOptions {
  readonly format: TocFormat
  /** Uncompressed size of a chunk in bytes. Default: 4 MiB. */
  readonly chunkBytes?: number
  /**
   * Minimum uncompressed size of a gzip member or zstd frame in bytes. Smaller files share one. Default: 0. Not for
   * `zstd:chunked`.
   */
  readonly memberBytes?: number
  /** Returns the table to write in place of the generated one. */
  readonly change?: (toc: { version: number; entries: Record<string, unknown>[] }) => unknown
}

/** A layer with its uncompressed archive. */
export interface EncodedArchive extends EncodedLayer {
  readonly diffID: Digest
  readonly tar: Buffer
}

const types = {
  ...{ file: 'reg', directory: 'dir', symlink: 'symlink', link: 'hardlink', fifo: 'fifo' },
  ...{ 'character-device': 'char', 'block-device': 'block' },
} as const

/** Encodes the layer of `entries`. */
export function encodeLayer(entries: readonly LayerEntry[], options: EncodeOptions): EncodedArchive {
  const { format, change } = options
  const body = new Body(options)
  const table: Record<string, unknown>[] = []
  for (const entry of entries) table.push(...addEntry(body, entry, options))
  body.flush()
  const toc = { version: 1, entries: table }
  const json = Buffer.from(JSON.stringify(change === undefined ? toc : change(toc)))
  return format === 'estargz' ? endEstargz(body, json) : endChunked(body, json, format)
}

/** Builds the blob as gzip members or zstd frames, and its uncompressed archive. */
class Body {
  readonly parts: Buffer[] = []
  readonly tar: Buffer[] = []
  length = 0
  #member: Buffer[] = []
  #inMember = 0
  readonly #memberBytes: number
  readonly #compress: (bytes: Buffer) => Buffer

  constructor({ format, memberBytes = 0 }: EncodeOptions) {
    this.#memberBytes = memberBytes
    this.#compress = format === 'estargz' ? (bytes: Buffer): Buffer => gzipSync(bytes) : storedZstd
  }

  /** Position of the next byte: `offset` of its member in the blob, `innerOffset` in the uncompressed member. */
  get position(): { offset: number; innerOffset: number } {
    return { offset: this.length, innerOffset: this.#inMember }
  }

  /** Adds bytes to the archive and the current member. */
  add(bytes: Buffer): void {
    this.tar.push(bytes)
    this.#member.push(bytes)
    this.#inMember += bytes.length
  }

  /** Ends the member if it has more than `memberBytes` bytes. */
  flushIfLarge(): void {
    if (this.#inMember > this.#memberBytes) this.flush()
  }

  /** Compresses and ends the member. */
  flush(): void {
    if (this.#inMember > 0) this.append(this.#compress(Buffer.concat(this.#member)))
    this.#member = []
    this.#inMember = 0
  }

  /** Appends bytes to the blob that are not part of the archive. */
  append(bytes: Buffer): void {
    this.parts.push(bytes)
    this.length += bytes.length
  }
}

function addEntry(body: Body, entry: LayerEntry, options: EncodeOptions): Record<string, unknown>[] {
  const { format, chunkBytes = 4 * 1024 * 1024 } = options
  const packed = packEntries([entry]).subarray(0, -1024)
  const type = entry.type ?? (entry.path.endsWith('/') ? 'directory' : 'file')
  const content = type === 'file' ? Buffer.from(entry.content ?? '') : Buffer.alloc(0)
  const header = packed.subarray(0, packed.length - 512 * Math.ceil(content.length / 512))
  const padding = packed.subarray(header.length + content.length)
  body.add(header)
  const common = {
    name: text(entry.path),
    type: types[type],
    mode: entry.mode ?? (type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644),
    uid: entry.uid,
    gid: entry.gid,
    modtime: timeOf(entry.mtime),
    linkName: entry.linkTarget === undefined ? undefined : text(entry.linkTarget),
    devMajor: entry.device?.major,
    devMinor: entry.device?.minor,
    xattrs:
      entry.xattrs &&
      Object.fromEntries(
        Object.entries(entry.xattrs).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      ),
  }
  if (type !== 'file') return [common]
  const whole = { ...common, size: content.length, digest: digestOf(content) }
  if (content.length === 0) return [whole]
  const chunks: Record<string, unknown>[] = []
  for (let at = 0; at < content.length; at += chunkBytes) {
    body.flushIfLarge()
    const bytes = content.subarray(at, at + chunkBytes)
    const isLast = at + chunkBytes >= content.length
    const { offset, innerOffset } = body.position
    const name = { name: common.name, type: 'chunk' }
    chunks.push({
      ...(at === 0 ? whole : name),
      offset,
      ...(innerOffset > 0 && { innerOffset }),
      ...(at > 0 && { chunkOffset: at }),
      ...((format === 'zstd:chunked' ? content.length > chunkBytes : !isLast) && { chunkSize: bytes.length }),
      ...((format !== 'zstd:chunked' || content.length > chunkBytes) && { chunkDigest: digestOf(bytes) }),
    })
    body.add(bytes)
  }
  if (format === 'zstd:chunked') {
    body.flush()
    chunks[0]!['endOffset'] = body.length
  }
  body.add(padding)
  if (format !== 'zstd:chunked') body.flushIfLarge()
  return chunks
}

const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

function timeOf(mtime: LayerEntry['mtime'] = 0): string {
  if (mtime instanceof Date) return toRfc3339(BigInt(mtime.getTime()) * 1_000_000n)
  const [seconds = '0', fraction = ''] = String(mtime).split('.')
  const time = toRfc3339(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')))
  if (parseRfc3339(time) === undefined) throw new Error(`${time} is not a time`)
  return time
}

function finishArchive(body: Body, mediaType: string, annotations: Record<string, string>): EncodedArchive {
  const bytes = Buffer.concat(body.parts)
  const tar = Buffer.concat(body.tar)
  return {
    bytes,
    mediaType,
    annotations,
    digest: digestOf(bytes),
    size: bytes.length,
    tar,
    diffID: digestOf(tar),
  }
}

function endEstargz(body: Body, json: Buffer): EncodedArchive {
  const { length } = body
  body.add(packEntries([{ path: 'stargz.index.json', content: json }]))
  body.flush()
  const offset = Buffer.from(`${length.toString(16).padStart(16, '0')}STARGZ`)
  const header = Buffer.from('1f8b08040000000000ff1a0053471600', 'hex')
  const empty = Buffer.from('010000ffff0000000000000000', 'hex')
  body.append(Buffer.concat([header, offset, empty]))
  return finishArchive(body, 'application/vnd.oci.image.layer.v1.tar+gzip', {
    'containerd.io/snapshot/stargz/toc.digest': digestOf(json),
  })
}

const skippable = (bytes: Buffer): Buffer => {
  const header = Buffer.from('502a4d1800000000', 'hex')
  header.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

function endChunked(body: Body, json: Buffer, format: TocFormat): EncodedArchive {
  body.add(Buffer.alloc(1024))
  body.flush()
  const compressed = storedZstd(json)
  const offset = body.length + 8
  body.append(skippable(compressed))
  const isContainers = format === 'zstd:chunked'
  const numbers = [offset, compressed.length, json.length, 1, ...(isContainers ? [0, 0, 0] : [])]
  const footer = Buffer.alloc(8 * numbers.length)
  numbers.forEach((value, at) => footer.writeBigUInt64LE(BigInt(value), 8 * at))
  body.append(skippable(Buffer.concat([footer, Buffer.from(isContainers ? 'GNUlInUx' : 'GnUlInUx')])))
  const prefix = isContainers ? 'io.github.containers.zstd-chunked.' : 'io.containers.zstd-chunked.'
  return finishArchive(body, 'application/vnd.oci.image.layer.v1.tar+zstd', {
    [`${prefix}manifest-checksum`]: digestOf(compressed),
    [`${prefix}manifest-position`]: `${offset}:${compressed.length}:${json.length}:1`,
    ...(!isContainers && { 'containerd.io/snapshot/stargz/toc.digest': digestOf(json) }),
  })
}
