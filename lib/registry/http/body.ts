/**
 * The body of an answer as a plain Node stream over got's: it closes when it is done, it never raises an error that
 * nobody listens for, destroying it destroys the socket, and it fails when the peer stops sending. What came before a
 * connection broke is read before that is told: it need not come again.
 */
import { Readable } from 'node:stream'

export interface BodyOptions {
  /** Milliseconds for the first byte. */
  readonly first: number
  /** Called with the first byte, or the end of a body that has none. */
  readonly began: () => void
  /** Milliseconds; see Timeouts.stall. */
  readonly stall: number
  /** Bytes that have to come in that time. */
  readonly minBytes: number
  readonly stalled: (received: number) => Error
  /** What an error of the connection is to the reader. */
  readonly failure: (error: Error, received: number) => Error
}

/**
 * Held between the connection and its reader, who gets all of it at once: a write to the disk and a word to the thread that
 * unpacks cost the same for 64 KiB as for all that came meanwhile.
 */
const bufferBytes = 1024 * 1024

export class Body extends Readable {
  readonly #source: Readable
  readonly #options: BodyOptions
  /** Bytes since the timer was last set back. */
  #progress = 0
  #received = 0
  #timer: NodeJS.Timeout | undefined
  #failure: Error | undefined

  constructor(source: Readable, options: BodyOptions) {
    super({ highWaterMark: bufferBytes })
    this.#source = source
    this.#options = options
    // An error may come before anyone reads; whoever reads gets it all the same.
    this.on('error', () => undefined)
    source.on('data', (chunk: Buffer) => {
      if (this.#received === 0) this.#begin()
      this.#received += chunk.length
      this.#progress += chunk.length
      if (this.#progress >= options.minBytes) {
        this.#progress = 0
        this.#timer?.refresh()
      }
      if (!this.push(chunk)) this.#pause()
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
    if (this.#failure !== undefined) return
    this.#wait()
    this.#source.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#pause()
    this.#source.destroy()
    done(error)
  }

  #wait(): void {
    const { first, stall } = this.#options
    const patience = this.#received === 0 ? first : stall
    this.#timer ??= setTimeout(() => this.destroy(this.#options.stalled(this.#received)), patience)
  }

  /** From now on it is the usual silence that is too long. */
  #begin(): void {
    this.#options.began()
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.destroy(this.#options.stalled(this.#received)), this.#options.stall)
  }

  #failOnceRead(): void {
    if (this.#failure !== undefined && this.readableLength === 0) this.destroy(this.#failure)
  }

  /** A reader that is slow is no stall: the clock stands while nothing is asked for. */
  #pause(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#progress = 0
    this.#source.pause()
  }
}
