/** Writes sparse files in the four formats of GNU tar. */
import { base256, padToBlocks, entry, header, octal, pax } from './archive.js'

/** A part of a sparse file that is not a hole. `bytes` is a latin1 string. */
export interface DataPart {
  readonly offset: number
  readonly bytes: string
}

/** Returns the bytes of all parts without the holes. */
export const dataOf = (parts: readonly DataPart[]): string => parts.map(({ bytes }) => bytes).join('')

/** Writes the old GNU format: up to four parts are listed in the header, and 21 in each extension block. */
export function oldGnu(parts: readonly DataPart[], size: number): Buffer {
  const pairs = parts.map(({ offset, bytes }) => Buffer.concat([octal(offset, 12), octal(bytes.length, 12)]))
  const more: Buffer[] = []
  for (let i = 4; i < pairs.length; i += 21) {
    const block = Buffer.alloc(512)
    Buffer.concat(pairs.slice(i, i + 21)).copy(block)
    block[504] = i + 21 < pairs.length ? 1 : 0
    more.push(block)
  }
  const head = header({
    flag: 'S',
    magic: 'gnu',
    name: 'sparse',
    size: dataOf(parts).length,
    edit: (block) => {
      Buffer.concat(pairs.slice(0, 4)).copy(block, 386)
      block[482] = pairs.length > 4 ? 1 : 0
      const field = size < 2 ** 33 ? octal(size, 12) : base256(BigInt(size), 12)
      field.copy(block, 483)
    },
  })
  return Buffer.concat([head, ...more, padToBlocks(dataOf(parts))])
}

/** Writes the pax format 0.0: two records per part. */
export const pax00 = (parts: readonly DataPart[], size: number): Buffer =>
  Buffer.concat([
    pax([
      ['GNU.sparse.size', String(size)],
      ['GNU.sparse.numblocks', String(parts.length)],
      ...parts.flatMap(({ offset, bytes }): [string, string][] => [
        ['GNU.sparse.offset', String(offset)],
        ['GNU.sparse.numbytes', String(bytes.length)],
      ]),
    ]),
    entry({ name: 'sparse' }, dataOf(parts)),
  ])

/** Writes the pax format 0.1: one record with all parts. */
export const pax01 = (parts: readonly DataPart[], size: number): Buffer =>
  Buffer.concat([
    pax([
      ['GNU.sparse.major', '0'],
      ['GNU.sparse.minor', '1'],
      ['GNU.sparse.name', 'sparse'],
      ['GNU.sparse.size', String(size)],
      ['GNU.sparse.numblocks', String(parts.length)],
      ['GNU.sparse.map', parts.map(({ offset, bytes }) => `${offset},${bytes.length}`).join(',')],
    ]),
    entry({ name: 'GNUSparseFile.0/x' }, dataOf(parts)),
  ])

/** Writes the pax format 1.0: the parts are listed at the beginning of the content. */
export function pax10(parts: readonly DataPart[], size: number): Buffer {
  const map = padToBlocks(
    [parts.length, ...parts.flatMap(({ offset, bytes }) => [offset, bytes.length]), ''].join('\n'),
  )
  const body = map.toString('latin1') + dataOf(parts)
  return Buffer.concat([
    pax([
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', 'sparse'],
      ['GNU.sparse.realsize', String(size)],
    ]),
    entry({ name: 'GNUSparseFile.0/x' }, body),
  ])
}

export const sparseFormats = { oldGnu, pax00, pax01, pax10 }
