/**
 * GNU sparse files: the archive contains only some fragments of the file; the rest is holes. There are four formats:
 * old GNU (in the header), pax 0.0 and 0.1 (in records), and pax 1.0 (before the data).
 */
import { formatCount, formatNumber } from '../../quantities.js'
import { blockSize, type RawHeader } from './header.js'
import type { TarLimits } from './limits.js'
import { parseInt64, parseNumericField } from './numbers.js'
import type { PaxRecords } from './pax.js'
import { invalidArchiveError, overLimitError } from './refusal.js'

/** A fragment of the data. `offset` is its position in the unpacked file. */
export interface Fragment {
  readonly offset: number
  readonly length: number
}

/** The pax formats of sparse files. */
export type SparseFormat = 'pax 0.x' | 'pax 1.0'

/** Returns the pax format of the records; undefined for a plain file or, like in Go, an unknown version. */
export function sparseFormatOf(records: PaxRecords): SparseFormat | undefined {
  const major = records.get('GNU.sparse.major') ?? ''
  const minor = records.get('GNU.sparse.minor') ?? ''
  if (major === '0' && (minor === '0' || minor === '1')) return 'pax 0.x'
  if (major === '1' && minor === '0') return 'pax 1.0'
  if (major !== '' || minor !== '') return undefined
  return (records.get('GNU.sparse.map') ?? '') === '' ? undefined : 'pax 0.x'
}

/**
 * Returns the size of the unpacked file according to the records; undefined if they do not contain it.
 * @throws WindlassError LAYER_INVALID
 */
export function realSizeOf(records: PaxRecords): number | bigint | undefined {
  // An empty record counts as missing.
  const text = records.get('GNU.sparse.size') || records.get('GNU.sparse.realsize')
  return text === undefined || text === '' ? undefined : parseDecimal(text)
}

/** Parses the map of formats 0.0 and 0.1. @throws WindlassError LAYER_INVALID */
export function mapFromRecords(records: PaxRecords): Fragment[] {
  const count = parseDecimal(records.get('GNU.sparse.numblocks') ?? '')
  const map = records.get('GNU.sparse.map') ?? ''
  const numbers = map === '' ? [] : map.split(',')
  if (numbers.length !== Number(count) * 2) throw malformedError()
  return toFragments(numbers)
}

/**
 * Collects the map of format 1.0, which precedes the data: one decimal number on each line (the number of fragments,
 * then offset and length of each), padded with zeros to whole blocks.
 */
export class LeadingMap {
  #text = ''
  #lines = 0
  #expectedLines = 1
  readonly #limits: TarLimits

  constructor(limits: TarLimits) {
    this.#limits = limits
  }

  /**
   * Reads the next block. Returns true when the map is complete and the data follows.
   * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED
   */
  addBlock(bytes: Buffer, at: number): boolean {
    const { headerBytes } = this.#limits
    if (this.#text.length + blockSize > headerBytes)
      throw overLimitError(
        'the sparse map of a file',
        this.#text.length + blockSize,
        'headerBytes',
        headerBytes,
      )
    for (let i = at; i < at + blockSize; i++) if (bytes[i] === 0x0a) this.#lines++
    this.#text += bytes.toString('latin1', at, at + blockSize)
    if (this.#expectedLines === 1 && this.#lines > 0) {
      const count = Number(parseDecimal(this.#text.slice(0, this.#text.indexOf('\n'))))
      if (count < 0) throw malformedError()
      this.#expectedLines = 1 + 2 * count
    }
    return this.#lines >= this.#expectedLines
  }

  /** Returns the collected map. @throws WindlassError LAYER_INVALID */
  fragments(): Fragment[] {
    return toFragments(this.#text.split('\n', this.#expectedLines).slice(1))
  }
}

/** Collects the map of the old GNU format: four fragments in the header and 21 in each following block. */
export class HeaderMap {
  readonly fragments: Fragment[] = []
  readonly realSize: number | bigint
  readonly #limits: TarLimits
  #bytes = 0
  /** Whether another block of the map follows. */
  moreBlocksFollow: boolean

  /** @throws WindlassError LAYER_INVALID */
  constructor(header: RawHeader, bytes: Buffer, at: number, limits: TarLimits) {
    // The archiver `star` also uses the type flag `S`, with another layout.
    if (header.format !== 'gnu')
      throw invalidArchiveError('it contains a sparse file but is not a GNU archive')
    this.#limits = limits
    this.realSize = parseNumericField(bytes, at + 483, 12, 'real size')
    this.moreBlocksFollow = this.#read(bytes, at + 386, 4)
  }

  /** Reads the next block of the map. @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED */
  addBlock(bytes: Buffer, at: number): void {
    this.#bytes += blockSize
    const { headerBytes } = this.#limits
    if (this.#bytes > headerBytes)
      throw overLimitError('the sparse map of a file', this.#bytes, 'headerBytes', headerBytes)
    this.moreBlocksFollow = this.#read(bytes, at, 21)
  }

  #read(bytes: Buffer, at: number, count: number): boolean {
    for (let i = 0; i < count && bytes[at + i * 24] !== 0; i++) {
      const offset = parseNumericField(bytes, at + i * 24, 12, 'sparse map')
      const length = parseNumericField(bytes, at + i * 24 + 12, 12, 'sparse map')
      this.fragments.push(toFragment(offset, length))
    }
    return bytes[at + count * 24] !== 0
  }
}

/**
 * Checks that the fragments are in order, do not overlap, lie inside the file, and have exactly `stored` bytes of data.
 * @throws WindlassError LAYER_INVALID; LIMIT_EXCEEDED when the file is larger than `sparseFileBytes`
 */
export function checkSparse(
  fragments: readonly Fragment[],
  size: number,
  stored: number,
  limits: TarLimits,
): void {
  if (size < 0) throw malformedError()
  let end = 0
  let used = 0
  for (const { offset, length } of fragments) {
    if (offset < end || length < 0 || offset + length > size) throw malformedError()
    end = offset + length
    used += length
  }
  if (used !== stored)
    throw invalidArchiveError(
      `a sparse file has ${formatCount(stored, 'byte')} in the archive, but its map describes ${formatNumber(used)}`,
    )
  if (size > limits.sparseFileBytes)
    throw overLimitError('the size of a sparse file', size, 'sparseFileBytes', limits.sparseFileBytes)
}

function toFragments(numbers: readonly string[]): Fragment[] {
  const fragments: Fragment[] = []
  for (let i = 0; i + 1 < numbers.length; i += 2)
    fragments.push(toFragment(parseDecimal(numbers[i]!), parseDecimal(numbers[i + 1]!)))
  return fragments
}

// Values beyond the exact range of a number are rounded. They exceed every file size, so checkSparse rejects them.
const toFragment = (offset: number | bigint, length: number | bigint): Fragment => ({
  offset: Number(offset),
  length: Number(length),
})

function parseDecimal(text: string): number | bigint {
  const value = parseInt64(text)
  if (value === undefined) throw malformedError()
  return value
}

const malformedError = (): Error => invalidArchiveError('the sparse map of a file is malformed')
