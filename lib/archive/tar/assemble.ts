/** Puts an entry together: the header, what pax records and GNU long names say over it, and what is refused. */
import type { EntryType, TarEntry } from './entry.js'
import type { RawHeader } from './header.js'
import { decimal, paxTime } from './numbers.js'
import type { PaxRecords } from './pax.js'
import { invalidArchive, quoted } from './refusal.js'

/** What meta headers said of the entry that follows them. */
export interface Extensions {
  readonly records: PaxRecords
  /** From GNU `L` and `K` entries; empty where there was none. */
  readonly longName: string
  readonly longLink: string
}

/** A header with its extensions applied. `size` is of the data in the archive. */
export interface Merged {
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

const types: ReadonlyMap<string, EntryType> = new Map([
  ['0', 'file'],
  // Contiguous: POSIX has it treated as a regular file.
  ['7', 'file'],
  // Sparse, as old GNU has it.
  ['S', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character-device'],
  ['4', 'block-device'],
  ['5', 'directory'],
  ['6', 'fifo'],
])

const xattrPrefix = 'SCHILY.xattr.'
/** Owners have 32 bits. What is larger becomes another owner where it is cut, such as root of 2^32. */
const maxId = 2 ** 32 - 1
/** Negative ones are meant as 32 bits, too: -2 is `nobody` of macOS, 4294967294. */
const minId = -(2 ** 31)

const headerOnly = /[1-6]/
const noXattrs: ReadonlyMap<string, Buffer> = new Map()

/**
 * As Go's archive/tar: pax records over the header, a GNU long name over both, whichever came first.
 * Unlike Go, owners that no file can have are refused, and so are entry types that no layer has.
 * @throws WindlassError LAYER_INVALID
 */
export function mergeHeader(header: RawHeader, { records, longName, longLink }: Extensions): Merged {
  const path = longName || records.get('path') || header.path
  const linkTarget = longLink || records.get('linkpath') || header.linkTarget
  const type = typeOf(header, path)
  // Even where a pax record or the slash of a directory would have put it right: so does Go.
  if (header.size < 0 && !headerOnly.test(header.flag))
    throw invalidArchive(`the size of ${quoted(path)} is negative`)
  const isDevice = type === 'character-device' || type === 'block-device'
  if (records.size > 0) {
    timeRecord(records, 'atime', path)
    timeRecord(records, 'ctime', path)
  }
  const merged = {
    path,
    linkTarget: type === 'symlink' || type === 'hardlink' ? linkTarget : '',
    type,
    size: numberRecord(records, 'size', path) ?? header.size,
    mode: typeof header.mode === 'bigint' ? Number(header.mode & 0o7777n) : header.mode & 0o7777,
    uid: owner(numberRecord(records, 'uid', path) ?? header.uid, 'uid', path),
    gid: owner(numberRecord(records, 'gid', path) ?? header.gid, 'gid', path),
    mtime: timeRecord(records, 'mtime', path) ?? BigInt(header.mtime) * 1_000_000_000n,
    device: isDevice ? { major: Number(header.major), minor: Number(header.minor) } : undefined,
    xattrs: records.size === 0 ? noXattrs : xattrsOf(records, path),
  }
  if ((type === 'symlink' || type === 'hardlink') && linkTarget === '')
    throw invalidArchive(`${quoted(path)} is a link without a target`)
  return merged
}

/** Whether the type may have data: Go reads what follows any other as the next header, whatever its size says. */
export const hasData = (type: EntryType): boolean => type === 'file'

/** The entry that `merged` is, once it is known how large the file will be. */
export function toEntry(merged: Merged, size: number, sparse: boolean, path = merged.path): TarEntry {
  if (path.includes('\0')) throw invalidArchive(`the name ${quoted(path)} has a NUL in it`)
  const { type, mode, uid, gid, mtime, linkTarget, device, xattrs } = merged
  return { path, type, size, mode, uid, gid, mtime, linkTarget, device, xattrs, sparse }
}

/** Archives older than ustar know no directories but by the slash at the end. */
function typeOf({ flag }: RawHeader, path: string): EntryType {
  if (flag === '\0') return path.endsWith('/') ? 'directory' : 'file'
  const type = types.get(flag)
  if (type === undefined)
    throw invalidArchive(
      `${quoted(path)} is of the type ${quoted(flag)}, which layers do not have`,
      'Layers have files, directories, links, devices and fifos (image-spec, layer.md).',
    )
  return type
}

/** An empty value is no value: the header's counts. */
function numberRecord(records: PaxRecords, key: string, path: string): number | bigint | undefined {
  const text = records.get(key)
  if (text === undefined || text === '') return undefined
  const value = decimal(text)
  if (value === undefined) throw invalidArchive(`the pax record ${key} of ${quoted(path)} is not a number`)
  return value
}

function timeRecord(records: PaxRecords, key: string, path: string): bigint | undefined {
  const text = records.get(key)
  if (text === undefined || text === '') return undefined
  const value = paxTime(text)
  if (value === undefined) throw invalidArchive(`the pax record ${key} of ${quoted(path)} is not a time`)
  return value
}

/** As an unsigned number of 32 bits, which is what podman, containerd and Docker make of it. */
function owner(value: number | bigint, name: string, path: string): number {
  if (value < minId || value > maxId)
    throw invalidArchive(`the ${name} of ${quoted(path)} is ${value}, outside of ${minId} to ${maxId}`)
  return value < 0 ? Number(value) + 2 ** 32 : Number(value)
}

/** An attribute with an empty value is kept, as containerd does; Go's own map drops it. */
function xattrsOf(records: PaxRecords, path: string): ReadonlyMap<string, Buffer> {
  let xattrs: Map<string, Buffer> | undefined
  for (const [key, value] of records) {
    if (!key.startsWith(xattrPrefix)) continue
    const name = key.slice(xattrPrefix.length)
    if (name === '') throw invalidArchive(`${quoted(path)} has an extended attribute without a name`)
    xattrs ??= new Map()
    xattrs.set(name, Buffer.from(value, 'latin1'))
  }
  return xattrs ?? noXattrs
}
