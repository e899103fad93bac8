/** Writes results to stdout as fast as the reader accepts them. It is not an error if the reader closes the stream. */
import type { Writable } from 'node:stream'
import { WindlassError } from '../../lib/errors.js'
import { jsonForTerminal } from './json-for-terminal.js'

/** A stream for the results of a command. */
export class Output {
  readonly #stream: Writable & { readonly columns?: number }
  /** Whether the stream is a terminal. */
  readonly isTerminal: boolean
  #open = true

  constructor(stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }) {
    this.#stream = stream
    this.isTerminal = stream.isTTY ?? false
    // The callback of each write receives the error too. Without a listener, the event would end the process.
    stream.on('error', () => undefined)
  }

  /** Number of columns of the terminal; undefined if stdout is no terminal. */
  get columns(): number | undefined {
    return this.isTerminal ? this.#stream.columns : undefined
  }

  /**
   * Writes `bytes` unchanged and resolves when they are flushed. Resolves to false if the reader has closed the stream
   * (`windlass tags … | head`, or a closed terminal); further writes then have no effect.
   * @throws INTERNAL when the stream fails for another reason, such as a full disk
   */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (!this.#open) return false
    const error = await new Promise<Error | null | undefined>((resolve) => this.#stream.write(bytes, resolve))
    if (!error) return true
    this.#open = false
    if ('code' in error && this.#isReaderGone(error.code)) return false
    throw new WindlassError('INTERNAL', `Failed to write the result: ${error.message}`, { cause: error })
  }

  /** Writes `text` and a line break. @throws as `write` */
  line(text: string): Promise<boolean> {
    return this.write(`${text}\n`)
  }

  /** Writes `value` as JSON, on one line or indented. @throws as `write` */
  json(value: unknown, { indent = false }: { readonly indent?: boolean } = {}): Promise<boolean> {
    return this.line(this.#escapeOnTerminal(JSON.stringify(value, undefined, indent ? 2 : undefined)))
  }

  /** Writes a JSON document byte for byte; on a terminal, with its control characters escaped. @throws as `write` */
  document(bytes: Buffer): Promise<boolean> {
    return this.write(this.isTerminal ? this.#escapeOnTerminal(bytes.toString()) : bytes)
  }

  #escapeOnTerminal(json: string): string {
    return this.isTerminal ? jsonForTerminal(json) : json
  }

  /** On a terminal, EIO means that the terminal was closed. Elsewhere it is an error of the disk. */
  #isReaderGone(code: unknown): boolean {
    return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || (code === 'EIO' && this.isTerminal)
  }
}
