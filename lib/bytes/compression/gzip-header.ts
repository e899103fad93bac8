/** The header of a gzip member (RFC 1952, section 2.3), taken in pieces of any size and held to all that it promises. */

const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const
const fixedBytes = 10

type Part = 'fixed' | 'extra-length' | 'extra' | 'name' | 'comment' | 'crc' | 'over'
const following: Readonly<Record<Part, Part>> = {
  ...{ fixed: 'extra-length', 'extra-length': 'extra', extra: 'name', name: 'comment', comment: 'crc' },
  ...{ crc: 'over', over: 'over' },
}

export class GzipHeader {
  #part: Part = 'fixed'
  #flags = 0
  /** Bytes of the present part so far; of texts, none are counted. */
  #have = 0
  #extra = 0
  #crc = 0
  #wanted = 0

  /** Whether all of it was taken. */
  get over(): boolean {
    return this.#part === 'over'
  }

  /** Takes the first of `bytes`, and says how many belong to the header. @throws Error what is wrong with it, in zlib's words */
  take(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && !this.over) this.#byte(bytes[at++]!)
    return at
  }

  #byte(byte: number): void {
    if (this.#part === 'crc') this.#wanted |= byte << (8 * this.#have)
    else this.#crc = crc32(this.#crc, byte)
    switch (this.#part) {
      case 'fixed':
        this.#check(byte)
        break
      case 'extra-length':
        this.#extra |= byte << (8 * this.#have)
        break
      default:
    }
    this.#have++
    if (this.#isEnd(byte)) this.#go()
  }

  #check(byte: number): void {
    if (this.#have < 2 && byte !== [0x1f, 0x8b][this.#have]) throw new Error('incorrect header check')
    if (this.#have === 2 && byte !== 8) throw new Error('unknown compression method')
    if (this.#have !== 3) return
    if ((byte & flags.reserved) !== 0) throw new Error('unknown header flags set')
    this.#flags = byte
  }

  #isEnd(byte: number): boolean {
    switch (this.#part) {
      case 'fixed':
        return this.#have === fixedBytes
      case 'extra':
        return this.#have === this.#extra
      case 'name':
      case 'comment':
        return byte === 0
      default:
        return this.#have === 2
    }
  }

  /** To the next part that the flags say there is. */
  #go(): void {
    if (this.#part === 'crc' && this.#wanted !== (this.#crc & 0xffff)) throw new Error('header crc mismatch')
    do this.#part = following[this.#part]
    while (!this.#isThere())
    this.#have = 0
  }

  #isThere(): boolean {
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

/** By the bit: a header is short, most have no checksum, and Node has `zlib.crc32` only since 20.15. */
function crc32(before: number, byte: number): number {
  let crc = ~before ^ byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return ~crc
}
