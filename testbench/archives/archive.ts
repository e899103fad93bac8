/** Builds tar archives byte by byte, including malformed ones, and reads archives into plain values. */
import { createHash } from 'node:crypto'
import type { TarEntry } from '../../lib/archive/tar/entry.js'
import type { TarLimits } from '../../lib/archive/tar/limits.js'
import { TarReader } from '../../lib/archive/tar/reader.js'

/** Fields of a tar header. A buffer is written as it is; a number is written in octal. */
export interface HeaderFields {
  readonly flag?: string
  readonly name?: string
  readonly link?: string
  readonly size?: number | Buffer
  readonly mode?: Buffer | number
  readonly uid?: Buffer | number
  readonly gid?: Buffer | number
  readonly mtime?: Buffer | number
  readonly magic?: 'ustar' | 'gnu' | 'v7' | 'star'
  readonly prefix?: string
  readonly major?: Buffer | number
  readonly minor?: Buffer | number
  /** Edits the block before its checksum is computed. */
  readonly edit?: (block: Buffer) => void
}

const magics = { ustar: 'ustar\x0000', gnu: 'ustar  \0', v7: '', star: 'ustar\x0000' }

/** Encodes a number as an octal field that ends with NUL. */
export const octal = (value: number, length: number): Buffer =>
  Buffer.from(`${value.toString(8).padStart(length - 1, '0')}\0`, 'latin1')

/** Encodes a number as a base-256 field (GNU), whose first bit is set. */
export function base256(value: bigint, length: number): Buffer {
  const field = Buffer.alloc(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) field[i] = Number(BigInt.asUintN(8, rest))
  field[0]! |= 0x80
  return field
}

/** Returns a header block with a correct checksum. */
export function header(fields: HeaderFields = {}): Buffer {
  const { flag = '0', name = 'a', link = '', magic = 'ustar', prefix = '', edit } = fields
  const block = Buffer.alloc(512)
  const number = (value: number | Buffer | undefined, at: number, length: number): void => {
    ;(Buffer.isBuffer(value) ? value : octal(value ?? 0, length)).copy(block, at)
  }
  block.write(name, 0, 100, 'latin1')
  number(fields.mode ?? 0o644, 100, 8)
  number(fields.uid, 108, 8)
  number(fields.gid, 116, 8)
  number(fields.size, 124, 12)
  number(fields.mtime, 136, 12)
  block.write(flag, 156, 'latin1')
  block.write(link, 157, 100, 'latin1')
  block.write(magics[magic], 257, 'latin1')
  if (magic !== 'v7') {
    number(fields.major, 329, 8)
    number(fields.minor, 337, 8)
    block.write(prefix, 345, 'latin1')
  }
  if (magic === 'star') block.write('tar\0', 508, 'latin1')
  edit?.(block)
  return withChecksum(block)
}

/** Writes the checksum into a header block and returns the block. `signed` sums signed bytes, as some old tars do. */
export function withChecksum(block: Buffer, signed = false): Buffer {
  block.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of block) sum += signed && byte > 127 ? byte - 256 : byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** Pads `body` with zeros to whole blocks. */
export const padToBlocks = (body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body as string, 'latin1')
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 511)])
}

/** Returns a header and `body`. The size in the header is that of `body` unless `fields` has another. */
export const entry = (fields: HeaderFields, body: Buffer | string = ''): Buffer =>
  Buffer.concat([
    header({ size: Buffer.from(body as string, 'latin1').length, ...fields }),
    padToBlocks(body),
  ])

/** Returns a pax record `<length> <key>=<value>\n`, where the length includes itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length
  while (length < rest.length + String(length).length) length = rest.length + String(length).length
  return `${length}${rest}`
}

/** Returns an extended header for the next entry (`x`) or for all later ones (`g`). */
export const pax = (records: readonly (readonly [string, string])[], flag: 'x' | 'g' = 'x'): Buffer =>
  entry({ flag, name: 'PaxHeaders/a' }, records.map(([key, value]) => paxRecord(key, value)).join(''))

/** The two zero blocks at the end of an archive. */
export const endOfArchive = Buffer.alloc(1024)

/** Returns an archive of `parts`, which are whole blocks. */
export const archive = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, endOfArchive])

/** An entry that was read, with the parts of its content. Adjacent parts are joined. */
export interface ReadEntry extends TarEntry {
  readonly parts: readonly { readonly offset: number; readonly bytes: string }[]
}

/** Reads an archive in chunks whose lengths `nextChunkLength` returns; without it, as one chunk. */
export function readArchive(
  bytes: Buffer,
  limits?: Partial<TarLimits>,
  nextChunkLength?: () => number,
): ReadEntry[] {
  const seen: ReadEntry[] = []
  let open: { entry: TarEntry; parts: { offset: number; bytes: string }[] } | undefined
  const reader = new TarReader(
    {
      entry(entry) {
        if (open !== undefined) throw new Error('an entry began inside of another')
        open = { entry, parts: [] }
      },
      data(chunk, offset) {
        if (open === undefined || chunk.length === 0) throw new Error('data outside of an entry, or none')
        const last = open.parts.at(-1)
        const text = chunk.toString('latin1')
        if (last !== undefined && last.offset + last.bytes.length === offset) last.bytes += text
        else open.parts.push({ offset, bytes: text })
      },
      end() {
        if (open === undefined) throw new Error('an end without an entry')
        seen.push({ ...open.entry, parts: open.parts })
        open = undefined
      },
    },
    limits,
  )
  for (let at = 0; at < bytes.length;) {
    const length = nextChunkLength?.() ?? bytes.length
    // The copy is overwritten afterwards, because a chunk is valid only during the call.
    const chunk = Buffer.from(bytes.subarray(at, at + length))
    reader.write(chunk)
    chunk.fill(0xee)
    at += length
  }
  reader.finish()
  return seen
}

/** Returns the content with its holes filled with zeros. */
export function contentOf({ size, parts }: ReadEntry): Buffer {
  const content = Buffer.alloc(size)
  for (const { offset, bytes } of parts) content.write(bytes, offset, 'latin1')
  return content
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
