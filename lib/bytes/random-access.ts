/** Reads parts of a blob by range requests, without fetching the rest. */
import { WindlassError } from '../errors.js'
import type { BlobBody, BlobRequest } from '../image/source.js'
import { destroyAndWait } from './destroy-and-wait.js'

/** A part of a blob: `length` bytes from `offset`. */
export interface BlobPart {
  readonly offset: number
  readonly length: number
}

/** How to read parts of a blob. */
export interface RandomAccessOptions {
  /** Size of the blob in bytes. */
  readonly size: number
  /** Name of the blob in messages: `layer sha256:…`. */
  readonly what: string
  /** Opens a part. A source that does not support range requests sends the whole blob, with offset 0. */
  readonly open: (request: BlobRequest & BlobPart) => Promise<BlobBody>
}

/** A blob of which parts can be read in any order. Keeps no bytes in memory. */
export class RandomAccessBlob {
  /** Size of the blob in bytes. */
  readonly size: number
  readonly #what: string
  readonly #open: RandomAccessOptions['open']

  constructor({ size, what, open }: RandomAccessOptions) {
    this.size = size
    this.#what = what
    this.#open = open
  }

  /**
   * Reads a part into memory; the caller bounds its length. The bytes are not verified.
   * @throws as `stream`
   */
  async read(part: BlobPart, signal?: AbortSignal): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of this.stream(part, signal)) chunks.push(chunk)
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, part.length)
  }

  /**
   * Yields the bytes of a part, as fast as the caller reads them. Closes the request when the caller stops. The bytes
   * are not verified.
   * @throws UNSUPPORTED when the source does not serve parts; SIZE_MISMATCH when the blob has no such part; NETWORK
   * when the bytes end early; errors of the source
   */
  async *stream(part: BlobPart, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const { offset, length } = part
    if (offset < 0 || length < 0 || offset + length > this.size)
      throw new WindlassError(
        'SIZE_MISMATCH',
        `Reading ${this.#what} failed: bytes ${offset} to ${offset + length} were requested, but it has only ${this.size}`,
      )
    if (length === 0) return
    const body = await this.#open({ offset, length, ...(signal && { signal }) })
    let remaining = length
    try {
      if (body.offset !== offset) throw this.#partsUnsupported(body.host)
      for await (const chunk of body.stream as AsyncIterable<Buffer>) {
        const wanted = chunk.subarray(0, remaining)
        remaining -= wanted.length
        if (wanted.length > 0) yield wanted
        if (remaining === 0) return
      }
    } finally {
      await destroyAndWait(body.stream)
    }
    throw new WindlassError(
      'NETWORK',
      `Reading ${this.#what} failed: ${body.host} ended the transfer after ${length - remaining} of ${length} bytes`,
      { host: body.host },
    )
  }

  #partsUnsupported(host: string): WindlassError {
    return new WindlassError(
      'UNSUPPORTED',
      `Reading ${this.#what} by ranges failed: ${host} does not serve parts of blobs`,
      {
        host,
      },
    )
  }
}
