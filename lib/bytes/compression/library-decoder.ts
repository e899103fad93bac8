/** The common base of the decoders that use a C library. */
import { Duplex } from 'node:stream'
import { WindlassError } from '../../errors.js'
import { ChunkFiller, type FillerOptions, type FillableDecoder } from './chunk-filler.js'

/** A stream whose input is decoded by a C library. */
export abstract class LibraryDecoder extends Duplex {
  protected readonly filler: ChunkFiller
  readonly #format: 'gzip' | 'zstd'
  #working: Promise<void> = Promise.resolve()

  constructor(format: 'gzip' | 'zstd', decoder: FillableDecoder, options: FillerOptions) {
    const { outputBytes } = options
    super({ readableHighWaterMark: outputBytes, writableHighWaterMark: outputBytes })
    this.#format = format
    this.filler = new ChunkFiller(this, decoder, options)
  }

  /** Returns a chunk that is no longer needed, to be reused. */
  recycle(chunk: Buffer): void {
    this.filler.recycle(chunk)
  }

  override _read(): void {
    this.filler.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#working = this.decodeAll(chunk)
    this.#working.then(
      () => done(),
      (error: unknown) => done(this.#asLayerError(error)),
    )
  }

  override _final(done: (error?: Error) => void): void {
    // Like zlib, outputs the data of a truncated stream before the error.
    void this.filler.flush().then(() => {
      try {
        this.checkEnd()
      } catch (error) {
        done(this.#asLayerError(error))
        return
      }
      this.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.filler.resume()
    // The library may use the buffers until the current call ends. `_write` has already reported the error of that
    // call.
    void this.#working
      .catch(() => undefined)
      .then(() => {
        this.freeDecoder()
        done(error)
      })
  }

  /** Decodes all of `chunk`, or less if the stream is destroyed. */
  protected abstract decodeAll(chunk: Buffer): Promise<void>

  /** @throws Error or WindlassError when the stream is incomplete */
  protected abstract checkEnd(): void

  /** Frees memory that is not managed by the garbage collector. */
  protected freeDecoder(): void {
    // Nothing to free by default.
  }

  #asLayerError(cause: unknown): WindlassError {
    if (cause instanceof WindlassError) return cause
    const says = cause instanceof Error ? cause.message : String(cause)
    return new WindlassError('LAYER_INVALID', `Decompressing the layer as ${this.#format} failed: ${says}`, {
      cause,
      hint: 'The layer is damaged or incomplete, and nothing of it is kept. Tell whoever publishes the image.',
    })
  }
}
