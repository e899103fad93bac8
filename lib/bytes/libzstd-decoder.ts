/** zstd by the reference library as a stream: any number of frames, skippable ones too, and nothing else. */
import { Duplex } from 'node:stream'
import { WindlassError } from '../errors.js'
import type { Unzstd } from '../system/index.js'
import { ChunkFiller, type FillerOptions } from './chunk-filler.js'
import { LargeWindow } from './large-window.js'
import { ZstdFrames } from './zstd-frames.js'

export class LibzstdDecoder extends Duplex {
  readonly #unzstd: Unzstd
  readonly #filler: ChunkFiller
  readonly #window = new LargeWindow()
  readonly #frames = new ZstdFrames((window) => this.#window.note(window))
  #working: Promise<void> = Promise.resolve()

  /** @param unzstd is closed with the stream */
  constructor(unzstd: Unzstd, options: FillerOptions) {
    const { outputBytes } = options
    super({ readableHighWaterMark: outputBytes, writableHighWaterMark: outputBytes })
    this.#unzstd = unzstd
    this.#filler = new ChunkFiller(this, unzstd, options)
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
    // What came of a stream that is cut off comes before its error.
    void this.#filler.flush().then(() => {
      try {
        this.#frames.finish()
      } catch (error) {
        done(named(error))
        return
      }
      this.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#filler.resume()
    // The library is at work until then.
    void this.#working
      .catch(() => undefined)
      .then(() => {
        this.#unzstd.close()
        this.#window.release()
        done(error)
      })
  }

  async #take(chunk: Buffer): Promise<void> {
    this.#frames.take(chunk)
    await this.#window.turn(() => this.destroyed)
    for (let at = 0; at < chunk.length && !this.destroyed;)
      at += await this.#filler.decode(chunk.subarray(at), this.#unzstd.ended)
  }
}

const named = (cause: unknown): WindlassError =>
  cause instanceof WindlassError
    ? cause
    : new WindlassError(
        'LAYER_INVALID',
        `Decompressing the layer as zstd failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause, hint: 'The layer is damaged or cut off; nothing of it is kept.' },
      )
