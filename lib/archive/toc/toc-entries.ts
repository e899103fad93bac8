/**
 * Converts a table of contents to the entries of the layer. An inconsistent table is rejected as a whole, because the
 * layer can be read without it.
 */
import type { Limits } from '../../limits.js'
import { latin1Of } from '../rootfs/bytes-path.js'
import type { EntryType, TarEntry } from '../tar/entry.js'
import { overLimitError, quotedLatin1 } from '../tar/refusal.js'
import { contentsOf, type FileContent, type FileSpan, spanOf } from './file-content.js'
import type { Toc } from './read-toc.js'
import { invalidTocError } from './refusal.js'
import { parseRfc3339 } from './rfc3339.js'
import type { TocEntry } from './toc-codec.js'

/** An entry of a layer, and the position of its content in the blob. */
export interface TocLayerEntry {
  readonly entry: TarEntry
  /** Undefined for entries that are not files. */
  readonly content: FileContent | undefined
}

const types: ReadonlyMap<string, EntryType> = new Map([
  ['dir', 'directory'],
  ['reg', 'file'],
  ['symlink', 'symlink'],
  ['hardlink', 'hardlink'],
  ['char', 'character-device'],
  ['block', 'block-device'],
  ['fifo', 'fifo'],
])

const noXattrs: ReadonlyMap<string, Buffer> = new Map()
const maxId = 2 ** 32 - 1

/**
 * Returns the entries in the order of the archive.
 * @throws WindlassError LAYER_INVALID when an entry is malformed, its content lies outside of the layer or overlaps
 * that of another, or a name leads out of the root; LIMIT_EXCEEDED
 */
export function entriesOfToc({ entries, dataEnd }: Toc, limits: Limits): TocLayerEntry[] {
  const found: { readonly entry: TarEntry; readonly span: FileSpan | undefined }[] = []
  const offsets: number[] = []
  let bytes = 0
  for (let at = 0; at < entries.length;) {
    const first = entries[at]!
    let end = at + 1
    while (entries[end]?.type === 'chunk' && entries[end]?.name === first.name) end++
    const entry = entryOf(first, limits)
    const isFile = entry.type === 'file'
    bytes += entry.size
    if (found.length >= limits.layerEntries)
      throw overLimitError('the number of entries', entries.length, 'layerEntries', limits.layerEntries)
    if (bytes > limits.layerBytes)
      throw overLimitError('the size of all files', bytes, 'layerBytes', limits.layerBytes)
    if (!isFile && end > at + 1)
      throw invalidTocError(`${quotedLatin1(entry.path)} has chunks and is not a file`)
    const chunks = entries.slice(at, end)
    if (entry.size > 0) for (const { offset = 0 } of chunks) offsets.push(offset)
    found.push({ entry, span: isFile ? spanOf(chunks, entry, dataEnd) : undefined })
    at = end
  }
  const spans = found.flatMap(({ span }) => span ?? [])
  const contents = contentsOf(spans, offsets, dataEnd)
  return found.map(({ entry, span }) => ({ entry, content: span && (contents.get(span) ?? noContent) }))
}

const noContent: FileContent = { offset: 0, innerOffset: 0, end: 0, chunks: [] }

function entryOf(tocEntry: TocEntry, limits: Limits): TarEntry {
  const path = latin1Of(tocEntry.name)
  const type = types.get(tocEntry.type)
  if (type === undefined)
    throw invalidTocError(
      `${quotedLatin1(path)} is of the unknown type ${quotedLatin1(latin1Of(tocEntry.type))}`,
    )
  checkName(path, limits)
  const { size = 0, mode = 0, uid = 0, gid = 0, linkName = '', devMajor = 0, devMinor = 0 } = tocEntry
  if (uid > maxId || gid > maxId) throw invalidTocError(`the owner of ${quotedLatin1(path)} is out of range`)
  const linkTarget = type === 'symlink' || type === 'hardlink' ? latin1Of(linkName) : ''
  if ((type === 'symlink' || type === 'hardlink') && linkTarget === '')
    throw invalidTocError(`${quotedLatin1(path)} is a link without a target`)
  const isDevice = type === 'character-device' || type === 'block-device'
  return {
    ...{ path, type, uid, gid, linkTarget, sparse: false },
    size: type === 'file' ? size : 0,
    mode: mode & 0o7777,
    mtime: timeOf(tocEntry.modtime, path),
    device: isDevice ? { major: devMajor, minor: devMinor } : undefined,
    xattrs: tocEntry.xattrs === undefined ? noXattrs : xattrsOf(tocEntry.xattrs),
  }
}

function checkName(path: string, { pathBytes, pathDepth }: Limits): void {
  if (path === '' || path.includes('\0')) throw invalidTocError(`the name ${quotedLatin1(path)} is invalid`)
  const parts = path.split('/')
  if (parts.includes('..')) throw invalidTocError(`the name ${quotedLatin1(path)} leads out of its directory`)
  if (path.length > pathBytes)
    throw overLimitError(`the length of the name ${quotedLatin1(path)}`, path.length, 'pathBytes', pathBytes)
  if (parts.length > pathDepth)
    throw overLimitError(`the depth of the name ${quotedLatin1(path)}`, parts.length, 'pathDepth', pathDepth)
}

/** The last parsed time. Cached, because most entries have the same time as the previous one. */
let lastTime = { text: '', time: 0n }

function timeOf(text = '', path: string): bigint {
  if (text === lastTime.text) return lastTime.time
  const time = text === '' ? 0n : parseRfc3339(text)
  if (time === undefined) throw invalidTocError(`the time of ${quotedLatin1(path)} is invalid`)
  lastTime = { text, time }
  return time
}

const xattrsOf = (xattrs: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(xattrs).map(([name, value]) => [latin1Of(name), Buffer.from(value, 'base64')]))
