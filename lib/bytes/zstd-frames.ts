/** Follows the frames of a zstd stream (RFC 8878, section 3.1) without decoding them. */
import { WindlassError } from '../errors.js'
import type { Framing } from './framing.js'

/** What decoders accept unless told otherwise (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`): it is allocated at once. */
const maxWindowBytes = 2 ** 27

/**
 * Refuses what decoders let pass, each its own: garbage behind a frame, a frame cut off in its first bytes,
 * a window of gigabytes.
 */
export class ZstdFrames implements Framing {
  readonly #began: ((window: number, at: number) => void) | undefined
  readonly #held = Buffer.alloc(18)
  #have = 0
  #state: 'frame' | 'block' = 'frame'
  #checksum = 0
  /** Bytes to pass over until the next header. */
  #skip = 0

  /** @param began - hears of the window of each frame, in bytes, and where in the chunk its header ends */
  constructor(began?: (window: number, at: number) => void) {
    this.#began = began
  }

  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at)
        this.#skip -= passed
        at += passed
        continue
      }
      this.#held[this.#have++] = chunk[at++]!
      this.#header(at)
    }
  }

  finish(): void {
    if (this.#state !== 'frame' || this.#have > 0 || this.#skip > 0)
      throw invalid('it is cut off inside of a frame')
  }

  /** Acts on the present header once all of it is here. */
  #header(at: number): void {
    if (this.#state === 'block') {
      if (this.#have === 3) this.#block()
      return
    }
    if (this.#have < 4) return
    const magic = this.#held.readUInt32LE(0)
    if (magic >>> 4 === 0x184d2a5) {
      if (this.#have === 8) this.#skippable()
    } else if (magic !== 0xfd2fb528) throw invalid('what follows a frame is none')
    else if (this.#have > 4 && this.#have === 5 + this.#layout().length) this.#frame(at)
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
    const bytes = window === 1 ? windowSize(this.#held[5]!) : contentSize(this.#held, at, size)
    this.#began?.(bytes, end)
    if (bytes > maxWindowBytes)
      throw new WindlassError(
        'LIMIT_EXCEEDED',
        `Decompressing the layer as zstd failed: it wants a window of ${bytes} bytes, more than maxWindowBytes allows (${maxWindowBytes})`,
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
