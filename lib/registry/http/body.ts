/**
 * Wraps a response body of got in a plain Node stream. The wrapper closes when it ends, errors without a listener are
 * ignored, destroying it destroys the socket, and it fails when the peer stops sending. A rate limit slows it down. Bytes received before a
 * connection failure are delivered before the error, so that they need not be transferred again.
 */
import { Readable } from 'node:stream'
import type { RateLimit } from '../../bytes/index.js'

/** Timeouts and callbacks of a `Body`. */
export interface BodyOptions {
  /** Milliseconds to wait for the first byte. */
  readonly firstByte: number
  /** Called at the first byte, or at the end of an empty body. */
  readonly began: () => void
  /** Milliseconds without sufficient progress until the body has stalled; see `Timeouts.stall`. */
  readonly stall: number
  /** Bytes that must be received within `stall`. */
  readonly minBytes: number
  /** Creates the error for a stalled body after `received` bytes. */
  readonly stallError: (received: number) => Error
  /** Limits how fast the connection is read. */
  readonly rate?: RateLimit | undefined
  /** Converts an error of the connection after `received` bytes to the error that the reader receives. */
  readonly failure: (error: Error, received: number) => Error
}

/**
 * Bytes buffered for the reader, which receives them in one chunk: a disk write and a message to the unpacking thread
 * cost the same for any size.
 */
const bufferBytes = 1024 * 1024

/** The body of a response. */
export class Body extends Readable {
  readonly #source: Readable
  readonly #options: BodyOptions
  /** Bytes since the timer was last reset. */
  #progress = 0
  #received = 0
  #timer: NodeJS.Timeout | undefined
  #failure: Error | undefined
  /** Ends the wait for the rate limit; undefined while there is none. */
  #endWait: (() => void) | undefined

  constructor(source: Readable, options: BodyOptions) {
    super({ highWaterMark: bufferBytes })
    this.#source = source
    this.#options = options
    // Keeps an error that occurs before a reader listens from ending the process. A reader that comes later still fails.
    this.on('error', () => undefined)
    source.on('data', (chunk: Buffer) => {
      if (this.#received === 0) this.#onFirstByte()
      this.#received += chunk.length
      this.#progress += chunk.length
      if (this.#progress >= options.minBytes) {
        this.#progress = 0
        this.#timer?.refresh()
      }
      if (!this.push(chunk)) this.#pause()
      this.#obeyRate(chunk.length)
    })
    source.on('end', () => {
      if (this.#received === 0) options.began()
      this.#pause()
      this.push(null)
    })
    source.on('error', (error: Error) => {
      this.#pause()
      this.#failure ??= options.failure(error, this.#received)
      this.#failOnceRead()
    })
    source.pause()
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    this.#failOnceRead()
    return chunk
  }

  override _read(): void {
    if (this.#failure !== undefined || this.#endWait !== undefined) return
    // The bytes of the other bodies are due first.
    if (this.#received === 0 && this.#obeyRate(0)) return
    this.#startTimer()
    this.#source.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endWait?.()
    this.#pause()
    this.#source.destroy()
    done(error)
  }

  /** Stops reading while the rate limit does not allow more. Returns whether it does. */
  #obeyRate(bytes: number): boolean {
    this.#endWait?.()
    this.#endWait = this.#options.rate?.take(bytes, () => {
      this.#endWait = undefined
      // The reader may have asked during the wait.
      if (!this.destroyed && this.readableLength < this.readableHighWaterMark) this._read()
    })
    const waits = this.#endWait !== undefined
    if (waits) this.#pause()
    return waits
  }

  #startTimer(): void {
    const { firstByte, stall } = this.#options
    const timeout = this.#received === 0 ? firstByte : stall
    this.#timer ??= setTimeout(() => this.destroy(this.#options.stallError(this.#received)), timeout)
  }

  /** Switches from the timeout for the first byte to the stall timeout. */
  #onFirstByte(): void {
    this.#options.began()
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.destroy(this.#options.stallError(this.#received)),
      this.#options.stall,
    )
  }

  #failOnceRead(): void {
    if (this.#failure !== undefined && this.readableLength === 0) this.destroy(this.#failure)
  }

  /** Stops the timer while no bytes are asked for, by the reader or because of the rate limit: that is not a stall. */
  #pause(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#progress = 0
    this.#source.pause()
  }
}
