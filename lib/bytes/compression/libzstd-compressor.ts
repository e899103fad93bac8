/** Compresses a stream with libzstd, as specified by `zstdCompressor`. */
import { Duplex } from 'node:stream'
import { WindlassError } from '../../errors.js'
import type { ZstdEncoder } from '../../system/index.js'

/** Size of an output chunk, and of what is read ahead, in bytes. */
const chunkBytes = 128 * 1024

/** A stream whose input becomes one zstd frame. Compresses on a thread of the pool, at the pace of the consumer. */
export class LibzstdCompressor extends Duplex {
  readonly #encoder: ZstdEncoder
  #output = Buffer.allocUnsafeSlow(chunkBytes)
  /** Number of bytes at the start of `#output` that are written and not pushed yet. */
  #filled = 0
  #working: Promise<void> = Promise.resolve()
  /** Continues the compression. Set while the stream is full. */
  #resume: (() => void) | undefined

  /** @param encoder is closed with the stream */
  constructor(encoder: ZstdEncoder) {
    super({ readableHighWaterMark: chunkBytes, writableHighWaterMark: chunkBytes })
    this.#encoder = encoder
  }

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#start(this.#add(chunk), done)
  }

  override _final(done: (error?: Error) => void): void {
    this.#start(this.#end(), done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read()
    // The library uses its context and the buffers until the current call ends. `#start` reports the error of that call.
    void this.#working
      .catch(() => undefined)
      .then(() => {
        this.#encoder.close()
        done(error)
      })
  }

  #start(work: Promise<void>, done: (error?: Error) => void): void {
    this.#working = work
    work.then(
      () => done(),
      (cause: unknown) => done(compressionFailed(cause)),
    )
  }

  /** Collects input and compresses it when the encoder has no room left: many small chunks make few calls. */
  async #add(chunk: Buffer): Promise<void> {
    for (let at = 0; ;) {
      at += this.#encoder.addInput(chunk.subarray(at))
      if (at === chunk.length || this.destroyed) return
      await this.#compress(false)
    }
  }

  async #end(): Promise<void> {
    await this.#compress(true)
    await this.#push()
    if (!this.destroyed) this.push(null)
  }

  async #compress(end: boolean): Promise<void> {
    for (let isDone = false; !isDone && !this.destroyed;) {
      const result = await this.#encoder.compress(this.#output.subarray(this.#filled), end)
      this.#filled += result.written
      isDone = result.isDone
      if (this.#filled === this.#output.length) await this.#push()
    }
  }

  /** Pushes the output and resolves when the stream has room again. */
  async #push(): Promise<void> {
    const chunk = this.#output.subarray(0, this.#filled)
    if (chunk.length === 0 || this.destroyed) return
    this.#output = Buffer.allocUnsafeSlow(chunkBytes)
    this.#filled = 0
    if (this.push(chunk)) return
    await new Promise<void>((resolve) => {
      // A consumer may destroy the stream while it takes the chunk.
      if (this.destroyed) resolve()
      else this.#resume = resolve
    })
  }
}

const compressionFailed = (cause: unknown): WindlassError =>
  new WindlassError(
    'INTERNAL',
    `Compressing as zstd failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, hint: 'Nothing of the output is usable. If memory is short, choose a lower level.' },
  )
