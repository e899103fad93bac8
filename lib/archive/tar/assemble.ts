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
/** 2^32 - 1 is "leave as it is" to chown, and 2^32 becomes root where it is cut to 32 bits. */
const maxId = 2 ** 32 - 2
/** What Linux's dev_t holds. */
const maxMajor = 2 ** 12 - 1
const maxMinor = 2 ** 20 - 1

const headerOnly = /[1-6]/
const noXattrs: ReadonlyMap<string, Buffer> = new Map()

/**
 * As Go's archive/tar: pax records over the header, a GNU long name over both, whichever came first.
 * Unlike Go, ids and device numbers that no file can have are refused, and so are entry types that no layer has.
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
    uid: within(numberRecord(records, 'uid', path) ?? header.uid, maxId, 'uid', path),
    gid: within(numberRecord(records, 'gid', path) ?? header.gid, maxId, 'gid', path),
    mtime: timeRecord(records, 'mtime', path) ?? BigInt(header.mtime) * 1_000_000_000n,
    device: isDevice
      ? {
          major: within(header.major, maxMajor, 'device major', path),
          minor: within(header.minor, maxMinor, 'device minor', path),
        }
      : undefined,
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
  if (type === undefined) throw invalidArchive(`${quoted(path)} is of the unknown type ${quoted(flag)}`)
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

function within(value: number | bigint, max: number, name: string, path: string): number {
  if (value < 0 || value > max)
    throw invalidArchive(`the ${name} of ${quoted(path)} is ${value}, outside of 0 to ${max}`)
  return Number(value)
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
