/** gzip by ISA-L as a stream: any number of members, empty ones too, then zeros, as `decompressor` has it. */
import { Duplex } from 'node:stream'
import { WindlassError } from '../errors.js'
import type { Gunzip } from '../system/index.js'
import { ChunkFiller, type FillerOptions } from './chunk-filler.js'
import { GzipHeader } from './gzip-header.js'

export class IsalGunzip extends Duplex {
  readonly #gunzip: Gunzip
  readonly #filler: ChunkFiller
  #header = new GzipHeader()
  /** Nothing of the present member was inflated yet. */
  #isNew = true
  /** Bytes behind the last member, once one of them was zero. */
  #tail = 0
  #garbage = false
  #working: Promise<void> = Promise.resolve()

  constructor(gunzip: Gunzip, options: FillerOptions) {
    const { outputBytes } = options
    super({ readableHighWaterMark: outputBytes, writableHighWaterMark: outputBytes })
    this.#gunzip = gunzip
    this.#filler = new ChunkFiller(this, gunzip, options)
  }

  recycle(chunk: Buffer): void {
    this.#filler.recycle(chunk)
  }

  override _read(): void {
    this.#filler.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error) => void): void {
    this.#working = this.#take(chunk)
    this.#working.then(
      () => taken(),
      (error: unknown) => taken(named(error)),
    )
  }

  override _final(done: (error?: Error) => void): void {
    // What came of a stream that is cut off comes before its error, as with zlib.
    void this.#filler.flush().then(() => {
      if (!this.#gunzip.ended) done(named(new Error('unexpected end of file')))
      else if (this.#garbage) done(named(new Error(`${this.#tail} bytes that are no gzip follow its end`)))
      else {
        this.push(null)
        done()
      }
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#filler.resume()
    // The library writes into a buffer of ours until it is done.
    void this.#working.catch(() => undefined).then(() => done(error))
  }

  async #take(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.destroyed;) {
      const rest = chunk.subarray(at)
      if (this.#tail > 0 || (this.#gunzip.ended && rest[0] === 0)) at += this.#passTail(rest)
      else if (this.#gunzip.ended) this.#begin()
      else if (!this.#header.over) at += this.#header.take(rest)
      else {
        const isNew = this.#isNew
        this.#isNew = false
        at += await this.#filler.decode(rest, isNew)
      }
    }
  }

  #begin(): void {
    this.#gunzip.next()
    this.#header = new GzipHeader()
    this.#isNew = true
  }

  #passTail(bytes: Buffer): number {
    this.#tail += bytes.length
    this.#garbage ||= bytes.some((byte) => byte !== 0)
    return bytes.length
  }
}

const named = (cause: unknown): WindlassError =>
  new WindlassError(
    'LAYER_INVALID',
    `Decompressing the layer as gzip failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, hint: 'The layer is damaged or cut off; nothing of it is kept.' },
  )
