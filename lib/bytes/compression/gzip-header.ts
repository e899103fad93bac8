/** An incremental parser for the header of a gzip member (RFC 1952, section 2.3). */

const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const
const fixedBytes = 10

type Part = 'fixed' | 'extra-length' | 'extra' | 'name' | 'comment' | 'crc' | 'over'
const nextPart: Readonly<Record<Part, Part>> = {
  fixed: 'extra-length',
  'extra-length': 'extra',
  extra: 'name',
  name: 'comment',
  comment: 'crc',
  crc: 'over',
  over: 'over',
}

/** Parses and verifies one gzip header, passed in pieces of any size. */
export class GzipHeader {
  #part: Part = 'fixed'
  #flags = 0
  /** Bytes of the current part so far. */
  #count = 0
  #extra = 0
  #crc = 0
  #expectedCrc = 0

  /** Whether the header is complete. */
  get complete(): boolean {
    return this.#part === 'over'
  }

  /**
   * Consumes header bytes from the start of `bytes` and returns their number.
   * @throws Error when the header is invalid, with zlib's message
   */
  take(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && !this.complete) this.#processByte(bytes[at++]!)
    return at
  }

  #processByte(byte: number): void {
    if (this.#part === 'crc') this.#expectedCrc |= byte << (8 * this.#count)
    else this.#crc = crc32(this.#crc, byte)
    switch (this.#part) {
      case 'fixed':
        this.#checkFixedByte(byte)
        break
      case 'extra-length':
        this.#extra |= byte << (8 * this.#count)
        break
      default:
    }
    this.#count++
    if (this.#isEnd(byte)) this.#advance()
  }

  #checkFixedByte(byte: number): void {
    if (this.#count < 2 && byte !== [0x1f, 0x8b][this.#count]) throw new Error('incorrect header check')
    if (this.#count === 2 && byte !== 8) throw new Error('unknown compression method')
    if (this.#count !== 3) return
    if ((byte & flags.reserved) !== 0) throw new Error('unknown header flags set')
    this.#flags = byte
  }

  #isEnd(byte: number): boolean {
    switch (this.#part) {
      case 'fixed':
        return this.#count === fixedBytes
      case 'extra':
        return this.#count === this.#extra
      case 'name':
      case 'comment':
        return byte === 0
      default:
        return this.#count === 2
    }
  }

  /** Advances to the next part that the flags announce. */
  #advance(): void {
    if (this.#part === 'crc' && this.#expectedCrc !== (this.#crc & 0xffff))
      throw new Error('header crc mismatch')
    do this.#part = nextPart[this.#part]
    while (!this.#isPresent())
    this.#count = 0
  }

  #isPresent(): boolean {
    switch (this.#part) {
      case 'extra-length':
        return (this.#flags & flags.extra) !== 0
      case 'extra':
        return this.#extra > 0
      case 'name':
        return (this.#flags & flags.name) !== 0
      case 'comment':
        return (this.#flags & flags.comment) !== 0
      case 'crc':
        return (this.#flags & flags.headerCrc) !== 0
      default:
        return true
    }
  }
}

/** Computes CRC-32 bit by bit: headers are short and few have a checksum. `zlib.crc32` requires Node 20.15. */
function crc32(before: number, byte: number): number {
  let crc = ~before ^ byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return ~crc
}
