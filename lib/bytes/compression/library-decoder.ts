/** A stream whose bytes are decoded by a C library: what gzip by ISA-L and zstd by libzstd have in common. */
import { Duplex } from 'node:stream'
import { WindlassError } from '../../errors.js'
import { ChunkFiller, type FillerOptions, type Filling } from './chunk-filler.js'

export abstract class LibraryDecoder extends Duplex {
  protected readonly filler: ChunkFiller
  readonly #format: 'gzip' | 'zstd'
  #working: Promise<void> = Promise.resolve()

  constructor(format: 'gzip' | 'zstd', decoder: Filling, options: FillerOptions) {
    const { outputBytes } = options
    super({ readableHighWaterMark: outputBytes, writableHighWaterMark: outputBytes })
    this.#format = format
    this.filler = new ChunkFiller(this, decoder, options)
  }

  /** Takes a chunk back that nobody looks at any more. */
  recycle(chunk: Buffer): void {
    this.filler.recycle(chunk)
  }

  override _read(): void {
    this.filler.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error) => void): void {
    this.#working = this.decodeAll(chunk)
    this.#working.then(
      () => taken(),
      (error: unknown) => taken(this.#named(error)),
    )
  }

  override _final(done: (error?: Error) => void): void {
    // What came of a stream that is cut off comes before its error, as with zlib.
    void this.filler.flush().then(() => {
      try {
        this.checkEnd()
      } catch (error) {
        done(this.#named(error))
        return
      }
      this.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.filler.resume()
    // The library is at work in memory of ours until then; `_write` has told its error.
    void this.#working
      .catch(() => undefined)
      .then(() => {
        this.giveBack()
        done(error)
      })
  }

  /** Decodes all of `chunk`, or a part where the stream is destroyed meanwhile. */
  protected abstract decodeAll(chunk: Buffer): Promise<void>

  /** @throws where the bytes that came are not all of a stream */
  protected abstract checkEnd(): void

  /** Gives back what the garbage collector does not know of. */
  protected giveBack(): void {
    // Most decoders have nothing of that sort.
  }

  #named(cause: unknown): WindlassError {
    if (cause instanceof WindlassError) return cause
    const says = cause instanceof Error ? cause.message : String(cause)
    return new WindlassError('LAYER_INVALID', `Decompressing the layer as ${this.#format} failed: ${says}`, {
      cause,
      hint: 'The layer is damaged or cut off; nothing of it is kept.',
    })
  }
}
