/** Reads a file while another thread writes it. Reads synchronously, so use it only in unpack threads. */
import { constants, readSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { WindlassError } from '../errors.js'
import { fileFailure } from '../system/file-failure.js'

/** The state of a growing file. */
export interface Growth {
  /** Number of bytes that can be read. */
  readonly length: number
  /** Whether the file is complete. */
  readonly final: boolean
}

const readBytes = 1024 * 1024

/**
 * Returns a stream of the bytes of `path` up to the latest length of `growth`, in chunks of up to 1 MiB. It ends at the
 * final length. To restart, end `growth` with an error and create a new stream.
 *
 * The stream fails with the error of `growth`, with INTERNAL if `growth` ends without a final length, and with STORE_IO
 * if the file is shorter than reported.
 */
export function followFile(path: string, growth: AsyncIterable<Growth>): Readable {
  return new FollowedFile(path, growth)
}

class FollowedFile extends Readable {
  readonly #path: string
  readonly #growth: AsyncIterator<Growth>
  #file: FileHandle | undefined
  #growthState: Growth = { length: 0, final: false }
  #position = 0
  /** Set while the consumer waits for more bytes. */
  #waiting = false

  constructor(path: string, growth: AsyncIterable<Growth>) {
    super({ highWaterMark: readBytes })
    this.#path = path
    this.#growth = growth[Symbol.asyncIterator]()
  }

  override _construct(ready: (error?: Error) => void): void {
    open(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW).then(
      (file) => {
        this.#file = file
        void this.#listen()
        ready()
      },
      (error: unknown) => ready(fileFailure(error, 'Opening a download', this.#path)),
    )
  }

  override _read(): void {
    const { length, final } = this.#growthState
    if (this.#position < length) this.#readChunk(Math.min(readBytes, length - this.#position))
    else if (final) this.push(null)
    else this.#waiting = true
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Not awaited: a generator that waits for its next value may return only much later.
    void Promise.resolve(this.#growth.return?.()).catch(() => undefined)
    Promise.resolve(this.#file?.close()).then(
      () => done(error),
      (failure: unknown) => done(error ?? fileFailure(failure, 'Closing a download', this.#path)),
    )
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const result = await this.#growth.next()
        if (this.destroyed) return
        if (result.done === true)
          throw new WindlassError('INTERNAL', `The end of ${this.#path} was not reported`)
        this.#growthState = result.value
        if (this.#waiting) {
          this.#waiting = false
          this._read()
        }
        if (result.value.final) return
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Reads synchronously: in a dedicated thread, a round trip to the pool costs more than the read. */
  #readChunk(length: number): void {
    try {
      const buffer = Buffer.allocUnsafeSlow(length)
      const bytesRead = readSync(this.#file!.fd, buffer, 0, length, this.#position)
      if (bytesRead === 0)
        throw new WindlassError('STORE_IO', `Failed to read ${this.#path}: it is shorter than reported`)
      this.#position += bytesRead
      this.push(bytesRead === length ? buffer : buffer.subarray(0, bytesRead))
    } catch (error) {
      this.destroy(fileFailure(error, 'Reading a download', this.#path))
    }
  }
}
