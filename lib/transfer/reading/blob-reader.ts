/**
 * Provides `BlobReader`, which reads a blob without storing it. It opens the blob at the first place that serves it,
 * and continues at the same byte after a broken connection.
 */
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { WindlassError } from '../../errors.js'
import {
  type BlobBody,
  type BlobRequest,
  type Descriptor,
  type ImageSource,
  concernsPlace,
} from '../../image/index.js'
import { type ForeignUrlOrder, placesOf } from '../places/places-of.js'
import type { BlobPlace } from '../places/blob-place.js'

import { type RetryPolicy, retryDelayOf } from '../retry-policy.js'

/** What to read, and from where. */
export interface BlobReaderOptions {
  readonly source: ImageSource
  readonly descriptor: Descriptor
  readonly retry: RetryPolicy
  /** Order of the foreign URLs of the descriptor (`last-first`). */
  readonly foreignUrls?: ForeignUrlOrder
}

/** After an attempt that has received this many bytes, the count of attempts starts again at 0. */
const progressBytes = 64 * 1024

/** Opens one blob, whole or in parts, any number of times. */
export class BlobReader {
  readonly #options: BlobReaderOptions
  /** The place that served the blob last. */
  #place: BlobPlace | undefined

  constructor(options: BlobReaderOptions) {
    this.#options = options
  }

  /**
   * Opens the blob, or a part of it. After a broken connection, the stream continues at the same byte if the policy
   * allows another attempt. The bytes are not verified. If no attempt is left, the stream fails with the error of the
   * last one: NETWORK if the transfer ended early.
   * @throws errors of the source; CANCELLED when the signal aborts
   */
  async open(request: BlobRequest = {}): Promise<BlobBody> {
    const attempts = { count: 0 }
    const body = await this.#openWithRetries(request, attempts)
    const stream = Readable.from(this.#readWithRetries(body, request, attempts), { objectMode: false })
    return { ...body, stream }
  }

  /** Yields the bytes of `first` and, after a broken connection, those of further requests. */
  async *#readWithRetries(
    first: BlobBody,
    request: BlobRequest,
    attempts: { count: number },
  ): AsyncGenerator<Buffer, void, undefined> {
    const { size } = this.#options.descriptor
    const start = first.offset
    // A source that does not support ranges sends the whole blob, which then starts elsewhere than requested.
    const isPart = start === (request.offset ?? 0) && request.length !== undefined
    const end = isPart ? Math.min(size, start + request.length) : size
    const { digest } = this.#options.descriptor
    let position = start
    for (let body = first; ;) {
      const before = position
      const chunks = (body.stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
      let bytesToSkip = position - body.offset
      let failure: unknown
      try {
        for (;;) {
          // Only errors of the source are retried, not errors that the consumer throws into this generator.
          const next = await chunks.next().catch((error: unknown) => {
            failure = error
          })
          if (next === undefined || next.done === true) break
          const rest = next.value.subarray(Math.max(0, bytesToSkip))
          bytesToSkip -= next.value.length - rest.length
          position += rest.length
          if (rest.length > 0) yield rest
        }
      } finally {
        body.stream.on('error', () => undefined).destroy()
      }
      if (failure === undefined && position >= end) return
      failure ??= new WindlassError(
        'NETWORK',
        `Reading blob ${digest} failed: ${body.host} ended the transfer after ${position} of ${end} bytes`,
        { digest, host: body.host },
      )
      if (position - before >= progressBytes) attempts.count = 0
      await this.#waitForRetry(failure, attempts, request.signal)
      const rest = { ...request, offset: position, ...(isPart && { length: end - position }) }
      body = await this.#openWithRetries(rest, attempts, first.validator)
    }
  }

  /** Opens the blob, with retries. */
  async #openWithRetries(
    request: BlobRequest,
    attempts: { count: number },
    validator?: string,
  ): Promise<BlobBody> {
    for (;;) {
      try {
        return await this.#openAtPlace(validator === undefined ? request : { ...request, validator })
      } catch (error) {
        await this.#waitForRetry(error, attempts, request.signal)
      }
    }
  }

  /** Opens the blob at the place that served it last. If none has, opens it at the first place that serves it. */
  async #openAtPlace(request: BlobRequest): Promise<BlobBody> {
    if (this.#place !== undefined) return this.#place.fetch(request)
    const { descriptor, source, foreignUrls = 'last-first' } = this.#options
    const list = placesOf(descriptor, source, foreignUrls)
    let firstError: unknown
    for (;;) {
      for (const place of list.places) {
        try {
          const body = await place.fetch(request)
          this.#place = place
          return body
        } catch (error) {
          if (!concernsPlace(error) || request.signal?.aborted === true) throw error
          firstError ??= error
        }
      }
      if (!list.hasNextRank) throw firstError
      // The next places to try: for example the foreign URLs, after the registry.
      list.nextRank(firstError as WindlassError, 1)
    }
  }

  /** Waits before the next attempt. @throws `error` if there is no further attempt; CANCELLED */
  async #waitForRetry(
    error: unknown,
    attempts: { count: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted()
    const delay = retryDelayOf(this.#options.retry)(error, ++attempts.count)
    if (delay === undefined) throw error
    await sleep(delay, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
  }
}
