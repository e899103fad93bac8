/** Combines a header with pax records and GNU long names into an entry. */
import type { EntryType, TarEntry } from './entry.js'
import type { RawHeader } from './header.js'
import { parseInt64, parsePaxTime } from './numbers.js'
import type { PaxRecords } from './pax.js'
import { invalidArchiveError, quotedLatin1 } from './refusal.js'

/** The content of pax headers and GNU long names, which apply to the next entry. */
export interface Extensions {
  readonly records: PaxRecords
  /** From GNU `L` and `K` entries; empty if there were none. */
  readonly longName: string
  readonly longLink: string
}

/** A header with its extensions applied. `size` is the size of the data in the archive. */
export interface MergedHeader {
  readonly path: string
  readonly linkTarget: string
  readonly type: EntryType
  readonly size: number | bigint
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly device: { readonly major: number; readonly minor: number } | undefined
  readonly xattrs: ReadonlyMap<string, Buffer>
}

const typesByFlag: ReadonlyMap<string, EntryType> = new Map([
  ['0', 'file'],
  // Contiguous file: POSIX requires treating it as a regular file.
  ['7', 'file'],
  // Sparse file in the old GNU format.
  ['S', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character-device'],
  ['4', 'block-device'],
  ['5', 'directory'],
  ['6', 'fifo'],
])

const xattrPrefix = 'SCHILY.xattr.'
/** Owners have 32 bits. A larger id would be truncated to another owner, for example 2^32 to root. */
const maxId = 2 ** 32 - 1
/** Negative ids are interpreted as 32 bits: -2 is `nobody` of macOS, 4294967294. */
const minId = -(2 ** 31)

const flagsWithoutData = /[1-6]/
const noXattrs: ReadonlyMap<string, Buffer> = new Map()

/**
 * Applies the extensions like Go's archive/tar: pax records override the header, and a GNU long name overrides both, in
 * any order. Unlike Go, rejects owners that no file can have and entry types that layers must not have.
 * @throws WindlassError LAYER_INVALID
 */
export function mergeHeader(header: RawHeader, { records, longName, longLink }: Extensions): MergedHeader {
  const path = longName || records.get('path') || header.path
  const linkTarget = longLink || records.get('linkpath') || header.linkTarget
  const type = typeOf(header, path)
  // Rejected like in Go, even if a pax record or a trailing slash would replace the size.
  if (header.size < 0 && !flagsWithoutData.test(header.flag))
    throw invalidArchiveError(`the size of ${quotedLatin1(path)} is negative`)
  const isDevice = type === 'character-device' || type === 'block-device'
  if (records.size > 0) {
    // Only validated, like in Go.
    parseTimeRecord(records, 'atime', path)
    parseTimeRecord(records, 'ctime', path)
  }
  const merged = {
    path,
    linkTarget: type === 'symlink' || type === 'hardlink' ? linkTarget : '',
    type,
    size: parseNumberRecord(records, 'size', path) ?? header.size,
    mode: typeof header.mode === 'bigint' ? Number(header.mode & 0o7777n) : header.mode & 0o7777,
    uid: toUnsignedId(parseNumberRecord(records, 'uid', path) ?? header.uid, 'uid', path),
    gid: toUnsignedId(parseNumberRecord(records, 'gid', path) ?? header.gid, 'gid', path),
    mtime: parseTimeRecord(records, 'mtime', path) ?? BigInt(header.mtime) * 1_000_000_000n,
    device: isDevice ? { major: Number(header.major), minor: Number(header.minor) } : undefined,
    xattrs: records.size === 0 ? noXattrs : xattrsOf(records, path),
  }
  if ((type === 'symlink' || type === 'hardlink') && linkTarget === '')
    throw invalidArchiveError(`${quotedLatin1(path)} is a link without a target`)
  return merged
}

/** Reports whether entries of the type have data. Like Go, ignores the size of other types. */
export const hasData = (type: EntryType): boolean => type === 'file'

/** Converts `merged` to an entry, when the size of the file is known. @throws WindlassError LAYER_INVALID */
export function toEntry(merged: MergedHeader, size: number, sparse: boolean, path = merged.path): TarEntry {
  if (path.includes('\0')) throw invalidArchiveError(`the name ${quotedLatin1(path)} contains a NUL byte`)
  const { type, mode, uid, gid, mtime, linkTarget, device, xattrs } = merged
  return { path, type, size, mode, uid, gid, mtime, linkTarget, device, xattrs, sparse }
}

/** Returns the type. Archives older than ustar mark a directory only by a trailing slash. */
function typeOf({ flag }: RawHeader, path: string): EntryType {
  if (flag === '\0') return path.endsWith('/') ? 'directory' : 'file'
  const type = typesByFlag.get(flag)
  if (type === undefined)
    throw invalidArchiveError(
      `${quotedLatin1(path)} has the type ${quotedLatin1(flag)}, which layers must not contain`,
      'Layers contain files, directories, links, devices and FIFOs (image-spec, layer.md). Tell whoever publishes the image.',
    )
  return type
}

/**
 * Parses a number of the records. Returns undefined if it is missing or empty; the value of the header then applies.
 */
function parseNumberRecord(records: PaxRecords, key: string, path: string): number | bigint | undefined {
  const text = records.get(key)
  if (text === undefined || text === '') return undefined
  const value = parseInt64(text)
  if (value === undefined)
    throw invalidArchiveError(`the pax record ${key} of ${quotedLatin1(path)} is not a number`)
  return value
}

function parseTimeRecord(records: PaxRecords, key: string, path: string): bigint | undefined {
  const text = records.get(key)
  if (text === undefined || text === '') return undefined
  const value = parsePaxTime(text)
  if (value === undefined)
    throw invalidArchiveError(`the pax record ${key} of ${quotedLatin1(path)} is not a time`)
  return value
}

/** Returns the id as an unsigned 32-bit number, like podman, containerd and Docker. */
function toUnsignedId(value: number | bigint, name: string, path: string): number {
  if (value < minId || value > maxId)
    throw invalidArchiveError(
      `the ${name} of ${quotedLatin1(path)} is ${value}, outside of ${minId} to ${maxId}`,
    )
  return value < 0 ? Number(value) + 2 ** 32 : Number(value)
}

/** Returns the extended attributes. Includes those with an empty value, like containerd and unlike Go's archive/tar. */
function xattrsOf(records: PaxRecords, path: string): ReadonlyMap<string, Buffer> {
  let xattrs: Map<string, Buffer> | undefined
  for (const [key, value] of records) {
    if (!key.startsWith(xattrPrefix)) continue
    const name = key.slice(xattrPrefix.length)
    if (name === '')
      throw invalidArchiveError(`${quotedLatin1(path)} has an extended attribute without a name`)
    xattrs ??= new Map()
    xattrs.set(name, Buffer.from(value, 'latin1'))
  }
  return xattrs ?? noXattrs
}
