/**
 * Wraps a response body of got in a plain Node stream. Destroying the wrapper destroys the connection. It fails when
 * the peer stops sending, obeys a rate limit, and ignores errors without a listener. After a connection failure,
 * it delivers the bytes received before the failure and only then the error, so that they need not be transferred
 * again.
 */
import { Readable } from 'node:stream'
import type { RateShare } from '../../bytes/index.js'

/** Timeouts and callbacks of a `Body`. */
export interface BodyOptions {
  /** Milliseconds to wait for the first byte. */
  readonly firstByte: number
  /** Called at the first byte, or at the end of an empty body. */
  readonly onFirstByte: () => void
  /** Milliseconds without sufficient progress until the body has stalled; see `Timeouts.stall`. */
  readonly stall: number
  /** Bytes that must be received within `stall`. */
  readonly minBytes: number
  /** Creates the error for a stalled body after `received` bytes. */
  readonly stallError: (received: number) => Error
  /** Limits how fast the connection is read. */
  readonly rate?: (Pick<RateShare, 'take'> & Partial<RateShare>) | undefined
  /** Converts an error of the connection after `received` bytes to the error that the reader receives. */
  readonly toFailure: (error: Error, received: number) => Error
  /** Receives the size of each chunk. */
  readonly onBytes?: (bytes: number) => void
}

/**
 * Maximum number of bytes buffered for the reader. It receives them in one chunk, because a disk write or a message to
 * the unpacking thread costs about the same for any size.
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
    // Without a listener, an error before a reader listens would end the process. A later reader still receives the
    // error.
    this.on('error', () => undefined)
    source.on('data', (chunk: Buffer) => {
      if (this.#received === 0) this.#onFirstByte()
      this.#received += chunk.length
      this.#progress += chunk.length
      options.onBytes?.(chunk.length)
      if (this.#progress >= options.minBytes) {
        this.#progress = 0
        this.#timer?.refresh()
      }
      if (!this.push(chunk)) this.#pause()
      this.#pauseForRate(chunk.length)
    })
    source.on('end', () => {
      if (this.#received === 0) options.onFirstByte()
      this.#pause()
      options.rate?.end?.()
      this.push(null)
    })
    source.on('error', (error: Error) => {
      this.#pause()
      this.#failure ??= options.toFailure(error, this.#received)
      this.#failOnceRead()
    })
    source.pause()
  }

  /** Number of bytes received so far. */
  get received(): number {
    return this.#received
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    this.#failOnceRead()
    return chunk
  }

  override _read(): void {
    if (this.#failure !== undefined || this.#endWait !== undefined) return
    // Other bodies may have used up the rate limit.
    if (this.#received === 0 && this.#pauseForRate(0)) return
    this.#startTimer()
    this.#source.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endWait?.()
    this.#options.rate?.end?.()
    this.#pause()
    this.#source.destroy()
    done(error)
  }

  /** Counts `bytes` and pauses if they exceed the rate limit. Returns whether it paused. */
  #pauseForRate(bytes: number): boolean {
    this.#endWait?.()
    this.#endWait = this.#options.rate?.take(bytes, () => {
      this.#endWait = undefined
      // Makes up for a call of `_read` during the wait, which did nothing.
      if (!this.destroyed && this.readableLength < this.readableHighWaterMark) this._read()
    })
    const isPaused = this.#endWait !== undefined
    if (isPaused) this.#pause()
    return isPaused
  }

  #startTimer(): void {
    const { firstByte, stall } = this.#options
    const timeout = this.#received === 0 ? firstByte : stall
    this.#timer ??= setTimeout(() => this.destroy(this.#options.stallError(this.#received)), timeout)
  }

  /** Switches from the timeout for the first byte to the stall timeout. */
  #onFirstByte(): void {
    this.#options.onFirstByte()
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.destroy(this.#options.stallError(this.#received)),
      this.#options.stall,
    )
  }

  /** Passes the failure on once the reader has read all received bytes. */
  #failOnceRead(): void {
    if (this.#failure !== undefined && this.readableLength === 0) this.destroy(this.#failure)
  }

  /** Pauses the connection and stops the timer: time in which nothing is read is not a stall. */
  #pause(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#progress = 0
    this.#source.pause()
  }
}
