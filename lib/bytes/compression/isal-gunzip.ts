/** Decompresses gzip with ISA-L, as specified by `decompressor`. */
import { formatCount } from '../../quantities.js'
import type { Gunzip } from '../../system/index.js'
import type { FillerOptions } from './chunk-filler.js'
import { GzipHeader } from './gzip-header.js'
import { LibraryDecoder } from './library-decoder.js'

/** A gzip decoder as a stream: any number of members, including empty ones, optionally followed by zeros. */
export class IsalGunzip extends LibraryDecoder {
  readonly #gunzip: Gunzip
  #header = new GzipHeader()
  /** Whether nothing of the current member has been decoded yet. */
  #isNew = true
  /** Number of bytes after the last member, starting with the first zero. */
  #tail = 0
  #tailIsGarbage = false

  constructor(gunzip: Gunzip, options: FillerOptions) {
    super('gzip', gunzip, options)
    this.#gunzip = gunzip
  }

  protected async decodeAll(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.destroyed;) {
      const rest = chunk.subarray(at)
      if (this.#tail > 0 || (this.#gunzip.hasEnded && rest[0] === 0)) at += this.#skipTail(rest)
      else if (this.#gunzip.hasEnded) this.#beginMember()
      else if (!this.#header.complete) at += this.#header.take(rest)
      else {
        const isNew = this.#isNew
        this.#isNew = false
        at += await this.filler.decode(rest, isNew)
      }
    }
  }

  protected checkEnd(): void {
    if (!this.#gunzip.hasEnded) throw new Error('unexpected end of file')
    if (this.#tailIsGarbage)
      throw new Error(`it is followed by ${formatCount(this.#tail, 'byte')} that are not gzip`)
  }

  #beginMember(): void {
    this.#gunzip.startNextMember()
    this.#header = new GzipHeader()
    this.#isNew = true
  }

  #skipTail(bytes: Buffer): number {
    this.#tail += bytes.length
    this.#tailIsGarbage ||= bytes.some((byte) => byte !== 0)
    return bytes.length
  }
}
