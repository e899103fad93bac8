/** Parses the frame structure of a zstd stream (RFC 8878, section 3.1) without decoding it. */
import { WindlassError } from '../../errors.js'
import { formatExactBytes } from '../../quantities.js'
import type { Framing } from './framing.js'

/** The default window limit of decoders (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`), in bytes. */
const maxWindowBytes = 2 ** 27

/**
 * Rejects data that only some decoders reject: other data after a frame, a truncated frame header, a window of
 * gigabytes. Also rejects frames that need a dictionary, for which decoders only report damaged data.
 */
export class ZstdFrames implements Framing {
  readonly #onFrame: ((window: number, at: number) => void) | undefined
  readonly #headerBytes = Buffer.alloc(18)
  #headerLength = 0
  #state: 'frame' | 'block' = 'frame'
  #checksum = 0
  /** Bytes to skip before the next header. */
  #skip = 0
  /** Whether the current frame is skippable. */
  #isSkippable = false

  /**
   * @param onFrame called after the header of each frame, with the window size in bytes and the position after the
   * header in the current chunk
   */
  constructor(onFrame?: (window: number, at: number) => void) {
    this.#onFrame = onFrame
  }

  /**
   * Returns the parts of `chunk`, one for each frame, without skippable frames. Node's decoder would ignore data that
   * follows a frame in the same write.
   * @throws WindlassError LAYER_INVALID, or LIMIT_EXCEEDED when a window is too large
   */
  split(chunk: Buffer): readonly Buffer[] {
    const frames: Buffer[] = []
    let from = 0
    const endFrame = (at: number): void => {
      if (at > from && !this.#isSkippable) frames.push(chunk.subarray(from, at))
      from = at
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#isBetweenFrames) {
        endFrame(at)
        this.#isSkippable = chunk[at]! >> 4 === 5
      }
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      this.#headerBytes[this.#headerLength++] = chunk[at++]!
      this.#parseHeader(at)
    }
    endFrame(chunk.length)
    return frames
  }

  /** @throws WindlassError LAYER_INVALID when the stream ends inside a frame */
  finish(): void {
    if (!this.#isBetweenFrames) throw invalid('it is truncated inside a frame')
  }

  get #isBetweenFrames(): boolean {
    return this.#state === 'frame' && this.#headerLength === 0 && this.#skip === 0
  }

  /** Parses the current header when it is complete. */
  #parseHeader(at: number): void {
    if (this.#state === 'block') {
      if (this.#headerLength === 3) this.#beginBlock()
      return
    }
    if (this.#headerLength <= 4 && !beginsFrame(this.#headerBytes.subarray(0, this.#headerLength)))
      throw invalid('a frame is followed by other data')
    if (this.#headerLength < 4) return
    const magic = this.#headerBytes.readUInt32LE(0)
    if (magic >>> 4 === 0x184d2a5) {
      if (this.#headerLength === 8) this.#beginSkippableFrame()
    } else if (this.#headerLength > 4 && this.#headerLength === 5 + this.#frameLayout().length)
      this.#beginFrame(at)
  }

  #beginSkippableFrame(): void {
    this.#skip = this.#headerBytes.readUInt32LE(4)
    this.#headerLength = 0
  }

  /**
   * Returns the length of each optional field of the frame header in bytes, and the total (RFC 8878, section 3.1.1.1).
   */
  #frameLayout(): { length: number; window: number; dictionary: number; size: number } {
    const flags = this.#headerBytes[4]!
    const singleSegment = (flags >> 5) & 1
    const dictionary = [0, 1, 2, 4][flags & 3]!
    const size = [singleSegment, 2, 4, 8][flags >> 6]!
    return { length: 1 - singleSegment + dictionary + size, window: 1 - singleSegment, dictionary, size }
  }

  #beginFrame(end: number): void {
    const { window, dictionary, size } = this.#frameLayout()
    const at = 5 + window + dictionary
    const dictionaryID = dictionary === 0 ? 0 : this.#headerBytes.readUIntLE(5 + window, dictionary)
    if (dictionaryID !== 0) throw needsDictionary(dictionaryID)
    const bytes = window === 1 ? windowSize(this.#headerBytes[5]!) : contentSize(this.#headerBytes, at, size)
    this.#onFrame?.(bytes, end)
    if (bytes > maxWindowBytes)
      throw new WindlassError(
        'LIMIT_EXCEEDED',
        `Decompressing the layer as zstd failed: it needs a window of ${formatExactBytes(bytes)}, more than the maximum of ${formatExactBytes(maxWindowBytes)}`,
        {
          hint: 'No option raises this maximum: decoders refuse larger windows. Push the image with a smaller window.',
        },
      )
    this.#checksum = (this.#headerBytes[4]! >> 2) & 1 ? 4 : 0
    this.#state = 'block'
    this.#headerLength = 0
  }

  #beginBlock(): void {
    const header = this.#headerBytes.readUIntLE(0, 3)
    this.#headerLength = 0
    const repeated = ((header >> 1) & 3) === 1
    this.#skip = repeated ? 1 : header >> 3
    if ((header & 1) === 1) {
      this.#skip += this.#checksum
      this.#state = 'frame'
    }
  }
}

const frameMagic = Buffer.from('28b52ffd', 'hex')
const skippableMagic = Buffer.from('502a4d18', 'hex')

/** Reports whether `bytes`, at most four, start the magic number of a frame or a skippable frame. */
const beginsFrame = (bytes: Buffer): boolean =>
  bytes.equals(frameMagic.subarray(0, bytes.length)) ||
  (bytes[0]! >> 4 === 5 && bytes.subarray(1).equals(skippableMagic.subarray(1, bytes.length)))

const windowSize = (descriptor: number): number => {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

const contentSize = (bytes: Buffer, at: number, length: number): number => {
  if (length === 8) return Number(bytes.readBigUInt64LE(at))
  return length === 0 ? 0 : bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0)
}

const invalid = (what: string): WindlassError =>
  new WindlassError('LAYER_INVALID', `Decompressing the layer as zstd failed: ${what}`)

const needsDictionary = (id: number): WindlassError =>
  new WindlassError(
    'LAYER_INVALID',
    `Decompressing the layer as zstd failed: a frame needs the dictionary ${id}`,
    {
      hint: 'Images do not contain dictionaries. Push the image with layers that were compressed without one.',
    },
  )
