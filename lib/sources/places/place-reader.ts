/** Provides `PlaceReader`, which reads a blob from one place and measures how fast it arrives. */
import { WindlassError } from '../../errors.js'
import type { BlobBody, BlobOrigin, BlobRequest, Descriptor } from '../../image/index.js'

/** The bytes of a blob from one place, from a position on. */
export class PlaceReader {
  readonly origin: BlobOrigin
  readonly body: BlobBody
  readonly #chunks: AsyncIterator<Buffer>
  readonly #abort: AbortController
  #bytesToSkip: number
  #first: Promise<Buffer | undefined> | undefined
  /** Number of bytes that were received, without those that were skipped. */
  bytes = 0
  /** Milliseconds in which `next` waited. */
  waited = 0

  private constructor(origin: BlobOrigin, body: BlobBody, position: number, abort: AbortController) {
    this.origin = origin
    this.body = body
    this.#abort = abort
    this.#bytesToSkip = position - body.offset
    this.#chunks = (body.stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /**
   * Opens the blob at `position`, and waits for its first bytes.
   * @throws errors of the place
   */
  static async open(
    origin: BlobOrigin,
    descriptor: Descriptor,
    request: BlobRequest,
    abort = new AbortController(),
  ): Promise<PlaceReader> {
    const { offset: position = 0 } = request
    const signal = request.signal ? AbortSignal.any([request.signal, abort.signal]) : abort.signal
    const body = await origin.blob(descriptor, { ...request, signal })
    // A place that does not support ranges sends the whole blob.
    const start = request.offset === undefined || body.offset > position ? body.offset : position
    const reader = new PlaceReader(origin, body, start, abort)
    try {
      reader.#first = Promise.resolve(await reader.#read())
    } catch (error) {
      reader.close()
      throw error
    }
    return reader
  }

  /** Returns the next bytes; undefined at the end of the body. @throws errors of the place */
  async next(): Promise<Buffer | undefined> {
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) return first
    return this.#read()
  }

  /** Skips bytes that were read from another place meanwhile. Only before the first `next`. */
  async skip(bytes: number): Promise<void> {
    this.#bytesToSkip = bytes
    const first = await this.#first
    if (first === undefined) return
    const wanted = this.#cut(first)
    this.#first = wanted.length > 0 ? Promise.resolve(wanted) : undefined
  }

  /** Reports whether `abort`, with which this reader was opened, closes it. */
  isClosedBy(abort: AbortController): boolean {
    return this.#abort === abort
  }

  /** Closes the connection. */
  close(): void {
    this.#abort.abort()
    this.body.stream.on('error', () => undefined).destroy()
  }

  async #read(): Promise<Buffer | undefined> {
    for (;;) {
      const before = performance.now()
      const next = await this.#chunks.next()
      this.waited += performance.now() - before
      if (next.done === true) return undefined
      const wanted = this.#cut(next.value)
      this.bytes += wanted.length
      if (wanted.length > 0) return wanted
    }
  }

  #cut(chunk: Buffer): Buffer {
    const wanted = chunk.subarray(Math.max(0, this.#bytesToSkip))
    this.#bytesToSkip -= chunk.length - wanted.length
    return wanted
  }
}

/** Returns the error for a body that ended too early. */
export const endedEarlyError = (
  { body }: PlaceReader,
  { digest }: Descriptor,
  position: number,
): WindlassError =>
  new WindlassError(
    'NETWORK',
    `Reading the blob ${digest} failed: ${body.host} ended the transfer after ${position} bytes`,
    { digest, host: body.host },
  )
