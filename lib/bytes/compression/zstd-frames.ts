/** Follows the frames of a zstd stream (RFC 8878, section 3.1) without decoding them. */
import { WindlassError } from '../../errors.js'
import type { Framing } from './framing.js'

/** What decoders accept unless told otherwise (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`): it is allocated at once. */
const maxWindowBytes = 2 ** 27

/**
 * Refuses what decoders let pass, each its own: garbage behind a frame, a frame cut off in its first bytes,
 * a window of gigabytes. A frame that needs a dictionary is refused by name: decoders call it damaged.
 */
export class ZstdFrames implements Framing {
  readonly #began: ((window: number, at: number) => void) | undefined
  readonly #held = Buffer.alloc(18)
  #have = 0
  #state: 'frame' | 'block' = 'frame'
  #checksum = 0
  /** Bytes to pass over until the next header. */
  #skip = 0
  /** Whether the present frame is one that decoders skip. */
  #isSkipped = false

  /** @param began - hears of the window of each frame, in bytes, and where in the chunk its header ends */
  constructor(began?: (window: number, at: number) => void) {
    this.#began = began
  }

  /**
   * The frames in `chunk`, each by itself and without those to be skipped: Node's decoder forgets what follows the end of a
   * frame in one write.
   */
  take(chunk: Buffer): readonly Buffer[] {
    const frames: Buffer[] = []
    let from = 0
    const cut = (at: number): void => {
      if (at > from && !this.#isSkipped) frames.push(chunk.subarray(from, at))
      from = at
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#isBetween) {
        cut(at)
        this.#isSkipped = chunk[at]! >> 4 === 5
      }
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at)
        this.#skip -= passed
        at += passed
        continue
      }
      this.#held[this.#have++] = chunk[at++]!
      this.#header(at)
    }
    cut(chunk.length)
    return frames
  }

  finish(): void {
    if (!this.#isBetween) throw invalid('it is cut off inside of a frame')
  }

  get #isBetween(): boolean {
    return this.#state === 'frame' && this.#have === 0 && this.#skip === 0
  }

  /** Acts on the present header once all of it is here. */
  #header(at: number): void {
    if (this.#state === 'block') {
      if (this.#have === 3) this.#block()
      return
    }
    if (this.#have <= 4 && !beginsFrame(this.#held.subarray(0, this.#have)))
      throw invalid('what follows a frame is none')
    if (this.#have < 4) return
    const magic = this.#held.readUInt32LE(0)
    if (magic >>> 4 === 0x184d2a5) {
      if (this.#have === 8) this.#skippable()
    } else if (this.#have > 4 && this.#have === 5 + this.#layout().length) this.#frame(at)
  }

  #skippable(): void {
    this.#skip = this.#held.readUInt32LE(4)
    this.#have = 0
  }

  #layout(): { length: number; window: number; dictionary: number; size: number } {
    const flags = this.#held[4]!
    const single = (flags >> 5) & 1
    const dictionary = [0, 1, 2, 4][flags & 3]!
    const size = [single, 2, 4, 8][flags >> 6]!
    return { length: 1 - single + dictionary + size, window: 1 - single, dictionary, size }
  }

  #frame(end: number): void {
    const { window, dictionary, size } = this.#layout()
    const at = 5 + window + dictionary
    const dictionaryID = dictionary === 0 ? 0 : this.#held.readUIntLE(5 + window, dictionary)
    if (dictionaryID !== 0) throw needsDictionary(dictionaryID)
    const bytes = window === 1 ? windowSize(this.#held[5]!) : contentSize(this.#held, at, size)
    this.#began?.(bytes, end)
    if (bytes > maxWindowBytes)
      throw new WindlassError(
        'LIMIT_EXCEEDED',
        `Decompressing the layer as zstd failed: it needs a window of ${bytes} bytes, more than maxWindowBytes allows (${maxWindowBytes})`,
        { hint: 'No option raises this: decoders refuse larger windows. Push the image with a smaller one.' },
      )
    this.#checksum = (this.#held[4]! >> 2) & 1 ? 4 : 0
    this.#state = 'block'
    this.#have = 0
  }

  #block(): void {
    const header = this.#held.readUIntLE(0, 3)
    this.#have = 0
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

/** Whether a frame, or one to be skipped, may begin with `bytes`, at most the four of its magic number. */
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
    `Decompressing the layer as zstd failed: a frame of it needs the dictionary ${id}`,
    {
      hint: 'Images do not carry dictionaries. Push the image with layers that were compressed without one.',
    },
  )
