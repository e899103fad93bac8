/** Divides a stream into request bodies of known length. */
import { Readable } from 'node:stream'
import { WindlassError } from '../../errors.js'
import type { StreamBody } from '../http/request-body.js'

/** The pieces of one stream. Between two pieces, at most one chunk of the stream is in memory. */
export class Pieces {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /**
   * Returns the next `size` bytes as a body. It can be opened only once, because the stream cannot be read again.
   * @throws errors of the stream, as errors of the body
   */
  next(size: number): StreamBody {
    let isOpened = false
    return {
      size,
      open: () => {
        if (isOpened) return Promise.reject(alreadySentError())
        isOpened = true
        return Promise.resolve(Readable.from(this.#take(size), { objectMode: false }))
      },
    }
  }

  /** Reads the stream to its end. @throws errors of the stream */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
  }

  async *#take(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0;) {
      if (this.#rest.length === 0) {
        const chunk = await this.#chunks.next()
        if (chunk.done === true) return
        this.#rest = chunk.value
      }
      const part = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(part.length)
      left -= part.length
      yield part
    }
  }
}

/** The error for a request that has to be repeated in the middle of an upload, for example with a new login. */
const alreadySentError = (): WindlassError =>
  new WindlassError('NETWORK', 'The registry asked for a part of the blob again, which cannot be repeated', {
    hint: 'Try again.',
  })
