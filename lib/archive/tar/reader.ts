/**
 * Reads tar archives with the semantics of Go's archive/tar, so that image scanners, which use it, see the same files.
 * Accepts chunks of any size, calls its handler synchronously, and buffers only headers.
 */
import { asWindlassError } from '../../errors.js'
import { defaultLimits } from '../../limits.js'
import { formatCount } from '../../quantities.js'
import { hasData, mergeHeader, toEntry, type Extensions, type MergedHeader } from './assemble.js'
import type { EntryHandler } from './entry.js'
import { blockSize, isZeroBlock, parseHeader, type RawHeader } from './header.js'
import type { TarLimits } from './limits.js'
import { noRecords, parsePax } from './pax.js'
import { Placement } from './placement.js'
import { invalidArchiveError, overLimitError, quotedLatin1 } from './refusal.js'
import {
  checkSparse,
  HeaderMap,
  LeadingMap,
  realSizeOf,
  mapFromRecords,
  sparseFormatOf,
  type Fragment,
} from './sparse.js'

/**
 * The meaning of the next bytes. `header`, `second-zero`, `header-map` and `leading-map` consume whole blocks; `meta`,
 * `data` and `padding` consume `#left` bytes; `end` consumes everything.
 */
type State = 'header' | 'second-zero' | 'header-map' | 'leading-map' | 'meta' | 'data' | 'padding' | 'end'

const noExtensions: Extensions = { records: noRecords, longName: '', longLink: '' }

/** An incremental reader of a tar archive. */
export class TarReader {
  readonly #handler: EntryHandler
  readonly #limits: TarLimits
  #state: State = 'header'
  /** The start of a block that continues in the next chunk. */
  readonly #partial = Buffer.alloc(blockSize)
  #partialLength = 0
  /** Number of bytes of the archive before the current chunk, for messages. */
  #bytesRead = 0

  #extensions = noExtensions
  /** Type flag and content of the extended header or GNU long name that is being read. */
  #metaFlag = ''
  #meta = Buffer.alloc(0)
  /** Number of bytes that remain of the current content, extended header or padding. */
  #left = 0
  /** Number of bytes of padding after the current content. */
  #padding = 0

  /** The header of an entry whose sparse map is being read. */
  #pending: MergedHeader | undefined
  #headerMap: HeaderMap | undefined
  #leadingMap: LeadingMap | undefined
  #placement = new Placement([])
  #entries = 0
  #totalBytes = 0
  #failure: Error | undefined

  constructor(handler: EntryHandler, limits: Partial<TarLimits> = {}) {
    this.#handler = handler
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** Whether the end of the archive was read. Later bytes are ignored. */
  get ended(): boolean {
    return this.#state === 'end'
  }

  /**
   * Reads the next chunk. After an error, every call throws the same error.
   * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED; the errors of the handler
   */
  write(chunk: Buffer): void {
    this.#guard(() => {
      for (let at = 0; at < chunk.length;) at = this.#step(chunk, at)
      this.#bytesRead += chunk.length
    })
  }

  /** Number of bytes of content or padding that follow. `skip` may leave them out. */
  get skippable(): number {
    return this.#state === 'data' || this.#state === 'padding' ? this.#left : 0
  }

  /**
   * Leaves out the next `length` bytes of the archive, as if the handler had ignored their content. A reader of a file
   * need not read them.
   * @param length at most `skippable`, otherwise this throws a RangeError
   */
  skip(length: number): void {
    if (length > this.skippable) throw new RangeError(`${length} bytes cannot be skipped here`)
    this.#bytesRead += length
    this.#left -= length
    if (this.#left > 0) return
    if (this.#state === 'data') this.#endEntry()
    else this.#state = 'header'
  }

  /**
   * Ends the input. Like in Go, the final zero blocks and the padding of the last entry may be missing.
   * @throws WindlassError LAYER_INVALID when the archive ends inside a header or data
   */
  finish(): void {
    this.#guard(() => {
      const atEntryBoundary = this.#state === 'header' || this.#state === 'second-zero'
      if (
        this.#state === 'end' ||
        this.#state === 'padding' ||
        (atEntryBoundary && this.#partialLength === 0)
      )
        return
      throw invalidArchiveError(
        `it is truncated after ${formatCount(this.#bytesRead, 'byte')}, inside ${this.#state === 'data' ? 'the content of an entry' : 'a header'}`,
      )
    })
  }

  #guard(work: () => void): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      work()
    } catch (error) {
      this.#failure = error instanceof Error ? error : asWindlassError(error)
      throw this.#failure
    }
  }

  #step(chunk: Buffer, at: number): number {
    const available = chunk.length - at
    switch (this.#state) {
      case 'end':
        return chunk.length
      case 'padding': {
        const taken = Math.min(available, this.#left)
        this.#left -= taken
        if (this.#left === 0) this.#state = 'header'
        return at + taken
      }
      case 'data': {
        const taken = Math.min(available, this.#left)
        this.#placement.place(chunk, at, at + taken, this.#handler)
        this.#left -= taken
        if (this.#left === 0) this.#endEntry()
        return at + taken
      }
      case 'meta': {
        const taken = Math.min(available, this.#left)
        chunk.copy(this.#meta, this.#meta.length - this.#left, at, at + taken)
        this.#left -= taken
        if (this.#left === 0) this.#endMeta()
        return at + taken
      }
      default:
        return this.#stepBlock(chunk, at)
    }
  }

  #stepBlock(chunk: Buffer, at: number): number {
    if (this.#partialLength === 0 && chunk.length - at >= blockSize) {
      this.#processBlock(chunk, at)
      return at + blockSize
    }
    const copied = chunk.copy(this.#partial, this.#partialLength, at)
    this.#partialLength += copied
    if (this.#partialLength === blockSize) {
      this.#partialLength = 0
      this.#processBlock(this.#partial, 0)
    }
    return at + copied
  }

  #processBlock(bytes: Buffer, at: number): void {
    switch (this.#state) {
      case 'second-zero':
        if (!isZeroBlock(bytes, at))
          throw invalidArchiveError('a block of zeros is not followed by a second one')
        this.#state = 'end'
        return
      case 'header-map':
        this.#headerMap!.addBlock(bytes, at)
        if (!this.#headerMap!.moreBlocksFollow) this.#startGnuSparse(this.#headerMap!)
        return
      case 'leading-map':
        if (this.#left < blockSize)
          throw invalidArchiveError('the sparse map of a file does not end within its entry')
        this.#left -= blockSize
        if (this.#leadingMap!.addBlock(bytes, at)) this.#startPaxSparse(this.#leadingMap!.fragments())
        return
      default:
        if (isZeroBlock(bytes, at)) this.#state = 'second-zero'
        else this.#processHeader(parseHeader(bytes, at), bytes, at)
    }
  }

  #processHeader(header: RawHeader, bytes: Buffer, at: number): void {
    switch (header.flag) {
      case 'x':
      case 'g':
      case 'L':
      case 'K':
        this.#startMeta(header)
        return
      default: {
        const merged = mergeHeader(header, this.#extensions)
        this.#pending = merged
        this.#left = hasData(merged.type) ? checkedSize(merged.size, merged.path) : 0
        this.#padding = -this.#left & (blockSize - 1)
        if (header.flag === 'S') this.#startHeaderMap(new HeaderMap(header, bytes, at, this.#limits))
        else this.#startPlainOrPaxSparse(merged)
      }
    }
  }

  #startMeta({ flag, size, path }: RawHeader): void {
    const length = checkedSize(size, path)
    const { headerBytes } = this.#limits
    if (length > headerBytes)
      throw overLimitError('the size of an extended header', length, 'headerBytes', headerBytes)
    this.#metaFlag = flag
    this.#meta = Buffer.alloc(length)
    this.#left = length
    this.#padding = -length & (blockSize - 1)
    this.#state = 'meta'
    if (length === 0) this.#endMeta()
  }

  #endMeta(): void {
    const body = this.#meta
    this.#meta = Buffer.alloc(0)
    switch (this.#metaFlag) {
      case 'x':
        this.#extensions = { ...this.#extensions, records: parsePax(body) }
        break
      case 'L':
        this.#extensions = { ...this.#extensions, longName: textBeforeNul(body) }
        break
      case 'K':
        this.#extensions = { ...this.#extensions, longLink: textBeforeNul(body) }
        break
      default:
        // Go returns a global header as an entry of its own. So it must be valid, has no effect, and discards the
        // extensions that were read before it.
        parsePax(body)
        this.#extensions = noExtensions
    }
    this.#skipPadding()
  }

  #startHeaderMap(map: HeaderMap): void {
    this.#headerMap = map
    if (map.moreBlocksFollow) this.#state = 'header-map'
    else this.#startGnuSparse(map)
  }

  #startGnuSparse(map: HeaderMap): void {
    this.#headerMap = undefined
    this.#startEntry(this.#pending!, map.fragments, map.realSize, this.#pending!.path)
  }

  #startPlainOrPaxSparse(merged: MergedHeader): void {
    const { records } = this.#extensions
    const format = records.size === 0 ? undefined : sparseFormatOf(records)
    if (format === undefined) {
      const size = this.#left
      this.#startEntry(merged, undefined, size, merged.path)
      return
    }
    if (merged.type !== 'file')
      throw invalidArchiveError(`${quotedLatin1(merged.path)} is sparse but not a file`)
    if (format === 'pax 0.x') {
      this.#startPaxSparse(mapFromRecords(records))
      return
    }
    this.#leadingMap = new LeadingMap(this.#limits)
    this.#state = 'leading-map'
    if (this.#left === 0) throw invalidArchiveError(`the sparse file ${quotedLatin1(merged.path)} has no map`)
  }

  #startPaxSparse(fragments: readonly Fragment[]): void {
    this.#leadingMap = undefined
    const { records } = this.#extensions
    const merged = this.#pending!
    this.#startEntry(
      merged,
      fragments,
      realSizeOf(records) ?? merged.size,
      records.get('GNU.sparse.name') || merged.path,
    )
  }

  /** Starts an entry when everything before its data is read; `#left` bytes of data follow. */
  #startEntry(
    merged: MergedHeader,
    fragments: readonly Fragment[] | undefined,
    realSize: number | bigint,
    path: string,
  ): void {
    const size = Number(realSize)
    if (fragments !== undefined) checkSparse(fragments, size, this.#left, this.#limits)
    this.#placement = new Placement(fragments ?? [{ offset: 0, length: size }])
    this.#extensions = noExtensions
    this.#pending = undefined
    this.#checkLimits(path, size)
    this.#handler.entry(toEntry(merged, size, fragments !== undefined, path))
    this.#state = 'data'
    if (this.#left === 0) this.#endEntry()
  }

  #checkLimits(path: string, bytes: number): void {
    const { layerEntries, layerBytes, pathBytes, pathDepth } = this.#limits
    this.#entries++
    this.#totalBytes += bytes
    if (this.#entries > layerEntries)
      throw overLimitError('the number of entries', this.#entries, 'layerEntries', layerEntries)
    if (this.#totalBytes > layerBytes)
      throw overLimitError('the size of all files', this.#totalBytes, 'layerBytes', layerBytes)
    if (path.length > pathBytes)
      throw overLimitError(
        `the length of the name ${quotedLatin1(path)}`,
        path.length,
        'pathBytes',
        pathBytes,
      )
    // A path with more than `pathDepth` components has more than 2 * pathDepth characters.
    if (path.length < 2 * pathDepth) return
    const depth = path.split('/').filter((part) => part !== '').length
    if (depth > pathDepth)
      throw overLimitError(`the depth of the name ${quotedLatin1(path)}`, depth, 'pathDepth', pathDepth)
  }

  #endEntry(): void {
    this.#handler.end()
    this.#skipPadding()
  }

  #skipPadding(): void {
    this.#left = this.#padding
    this.#state = this.#left === 0 ? 'header' : 'padding'
  }
}

function checkedSize(size: number | bigint, path: string): number {
  if (size < 0 || size > Number.MAX_SAFE_INTEGER)
    throw invalidArchiveError(`the size of ${quotedLatin1(path)} is ${size}, which is not possible`)
  return Number(size)
}

function textBeforeNul(body: Buffer): string {
  const nul = body.indexOf(0)
  return body.toString('latin1', 0, nul < 0 ? body.length : nul)
}
