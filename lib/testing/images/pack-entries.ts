/**
 * Packs entries as a tar archive in the format of Go's archive/tar (POSIX.1-2001 pax). Unlike packers that encode text
 * as UTF-8, it supports any bytes in names, link targets and attributes.
 */
import type { LayerEntry, LayerEntryType } from './layer-entry.js'

const blockBytes = 512

const typeFlags: Record<LayerEntryType, string> = {
  file: '0',
  link: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
}

/** Packs `entries` in their order, followed by two zero blocks. The same entries give the same bytes. */
export function packEntries(entries: Iterable<LayerEntry>): Buffer {
  const parts: Buffer[] = []
  for (const entry of entries) parts.push(...pack(entry))
  parts.push(Buffer.alloc(2 * blockBytes))
  return Buffer.concat(parts)
}

function pack(entry: LayerEntry): Buffer[] {
  const type = entry.type ?? (entry.path.endsWith('/') ? 'directory' : 'file')
  const name = latin1(type === 'directory' ? entry.path.replace(/\/*$/, '/') : entry.path)
  const link = latin1(entry.linkTarget ?? '')
  const content = type === 'file' ? Buffer.from(entry.content ?? '') : Buffer.alloc(0)
  const seconds = secondsOf(entry.mtime)
  const { uid = 0, gid = 0 } = entry

  const records = new Map<string, Buffer>()
  if (needsRecord(name)) records.set('path', name)
  if (needsRecord(link)) records.set('linkpath', link)
  if (!/^\d{1,10}$/.test(seconds)) records.set('mtime', latin1(seconds))
  if (uid > maxOctal(7)) records.set('uid', latin1(String(uid)))
  if (gid > maxOctal(7)) records.set('gid', latin1(String(gid)))
  for (const [key, value] of Object.entries(entry.xattrs ?? {}))
    records.set(`SCHILY.xattr.${key}`, Buffer.from(value))
  for (const [key, value] of Object.entries(entry.pax ?? {})) records.set(key, latin1(value))

  const fields: Fields = {
    name,
    mode: entry.mode ?? (type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644),
    uid: Math.min(uid, maxOctal(7)),
    gid: Math.min(gid, maxOctal(7)),
    size: content.length,
    mtime: Math.max(0, Math.floor(Number(seconds))),
    flag: typeFlags[type],
    link,
    major: entry.device?.major ?? 0,
    minor: entry.device?.minor ?? 0,
  }
  return [...packRecords(records, fields), header(fields), ...padded(content)]
}

/** Returns the pax header that precedes the entry; empty if the entry needs no records. */
function packRecords(records: ReadonlyMap<string, Buffer>, entryFields: Fields): Buffer[] {
  if (records.size === 0) return []
  const body = Buffer.concat([...records].map(([key, value]) => record(key, value)))
  const name = Buffer.concat([latin1('PaxHeaders.0/'), entryFields.name])
  const fields = {
    ...entryFields,
    name,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    flag: 'x',
    link: latin1(''),
  }
  return [header(fields), ...padded(body)]
}

/** Returns `<length> <key>=<value>\n`, where the length includes itself (POSIX pax, "pax Header Block"). */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, latin1('\n')])
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([latin1(String(length)), rest])
}

/** Fields of a ustar header. */
interface Fields {
  readonly name: Buffer
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly flag: string
  readonly link: Buffer
  readonly major: number
  readonly minor: number
}

function header(fields: Fields): Buffer {
  const bytes = Buffer.alloc(blockBytes)
  const octal = (value: number, at: number, digits: number): void => {
    bytes.write(value.toString(8).padStart(digits, '0'), at, digits, 'latin1')
  }
  fields.name.copy(bytes, 0, 0, 100)
  octal(fields.mode & 0o7777, 100, 7)
  octal(fields.uid, 108, 7)
  octal(fields.gid, 116, 7)
  octal(fields.size, 124, 11)
  octal(fields.mtime, 136, 11)
  bytes.fill(' ', 148, 156)
  bytes.write(fields.flag, 156, 'latin1')
  fields.link.copy(bytes, 157, 0, 100)
  bytes.write('ustar\u000000', 257, 'latin1')
  octal(fields.major, 329, 7)
  octal(fields.minor, 337, 7)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1')
  return bytes
}

const padded = (content: Buffer): Buffer[] => [
  content,
  Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes),
]

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** Returns the maximum value of a header field with `digits` octal digits. */
const maxOctal = (digits: number): number => 8 ** digits - 1

const needsRecord = (bytes: Buffer): boolean => bytes.length > 100 || bytes.some((byte) => byte > 0x7e)

const secondsOf = (mtime: LayerEntry['mtime']): string =>
  mtime instanceof Date ? String(mtime.getTime() / 1000) : String(mtime ?? 0)
