/** Results on their way out: in step with who reads them, and quiet when nobody does any more. */
import type { Writable } from 'node:stream'
import { WindlassError } from '../lib/errors.js'

export class Output {
  readonly #stream: Writable
  #open = true

  constructor(stream: Writable) {
    this.#stream = stream
    // Every write has a callback that hears the same; without a listener the event would end the process.
    stream.on('error', () => undefined)
  }

  /**
   * Writes `bytes`; settles once they are on their way. False when the reader has gone (`windlass tags … | head`):
   * there is no use in writing more.
   * @throws WindlassError INTERNAL when they cannot be written for any other reason (a full disk).
   */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (!this.#open) return false
    const error = await new Promise<Error | null | undefined>((resolve) => this.#stream.write(bytes, resolve))
    if (!error) return true
    this.#open = false
    if ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')) return false
    throw new WindlassError('INTERNAL', `Writing the result: ${error.message}`, { cause: error })
  }

  line(text: string): Promise<boolean> {
    return this.write(`${text}\n`)
  }

  /** `value` as JSON: on one line, or set out for people. */
  json(value: unknown, { indent = false }: { readonly indent?: boolean } = {}): Promise<boolean> {
    return this.line(JSON.stringify(value, undefined, indent ? 2 : undefined))
  }
}
