/** Results on their way out: in step with who reads them, and quiet when nobody does any more. */
import type { Writable } from 'node:stream'
import { WindlassError } from '../../lib/errors.js'
import { jsonForTerminal } from './json-for-terminal.js'

export class Output {
  readonly #stream: Writable
  readonly #isTerminal: boolean
  #open = true

  constructor(stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream
    this.#isTerminal = stream.isTTY ?? false
    // Every write has a callback that hears the same; without a listener the event would end the process.
    stream.on('error', () => undefined)
  }

  /**
   * Writes `bytes` as they are; settles once they are on their way. False when the reader has gone
   * (`windlass tags … | head`, a terminal that was closed): there is no use in writing more.
   * @throws WindlassError INTERNAL when they cannot be written for any other reason (a full disk).
   */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (!this.#open) return false
    const error = await new Promise<Error | null | undefined>((resolve) => this.#stream.write(bytes, resolve))
    if (!error) return true
    this.#open = false
    if ('code' in error && this.#meansNoReader(error.code)) return false
    throw new WindlassError('INTERNAL', `Writing the result: ${error.message}`, { cause: error })
  }

  line(text: string): Promise<boolean> {
    return this.write(`${text}\n`)
  }

  /** `value` as JSON: on one line, or set out for people. */
  json(value: unknown, { indent = false }: { readonly indent?: boolean } = {}): Promise<boolean> {
    return this.line(this.#shown(JSON.stringify(value, undefined, indent ? 2 : undefined)))
  }

  /** A document of somebody else's in JSON: byte for byte, but on a terminal nothing in it steers that. */
  document(bytes: Buffer): Promise<boolean> {
    return this.write(this.#isTerminal ? this.#shown(bytes.toString()) : bytes)
  }

  #shown(json: string): string {
    return this.#isTerminal ? jsonForTerminal(json) : json
  }

  /** On a terminal, EIO says that it is gone; elsewhere it is the disk's. */
  #meansNoReader(code: unknown): boolean {
    return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || (code === 'EIO' && this.#isTerminal)
  }
}
