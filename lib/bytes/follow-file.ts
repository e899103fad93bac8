/** For threads made to unpack: reads a file that another thread is still writing, from its start to its end, as fast as its length is told. */
import { constants, readSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { WindlassError } from '../errors.js'
import { fileFailure } from '../system/file-failure.js'

export interface Growth {
  /** Bytes that can be read by now. */
  readonly length: number
  /** Whether that is all of them. */
  readonly final: boolean
}

const readBytes = 1024 * 1024

/**
 * The bytes of `path` up to the last length told, in chunks of up to 1 MiB; ends with the final one.
 * The stream fails with what `growth` throws, with INTERNAL where it ends without a final length, with STORE_IO where
 * the file is shorter than told (a restart has to be told by ending `growth` with an error, and a new stream).
 */
export function followFile(path: string, growth: AsyncIterable<Growth>): Readable {
  return new FollowedFile(path, growth)
}

class FollowedFile extends Readable {
  readonly #path: string
  readonly #growth: AsyncIterator<Growth>
  #file: FileHandle | undefined
  #known: Growth = { length: 0, final: false }
  #position = 0
  /** Set while a reader waits for more. */
  #hungry = false

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
    const { length, final } = this.#known
    if (this.#position < length) this.#take(Math.min(readBytes, length - this.#position))
    else if (final) this.push(null)
    else this.#hungry = true
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Not awaited: a source that is parked answers when it pleases.
    void Promise.resolve(this.#growth.return?.()).catch(() => undefined)
    Promise.resolve(this.#file?.close()).then(
      () => done(error),
      (failure: unknown) => done(error ?? fileFailure(failure, 'Closing a download', this.#path)),
    )
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const told = await this.#growth.next()
        if (this.destroyed) return
        if (told.done === true) throw new WindlassError('INTERNAL', `Nobody said where ${this.#path} ends`)
        this.#known = told.value
        if (this.#hungry) {
          this.#hungry = false
          this._read()
        }
        if (told.value.final) return
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** In this thread, which is made for it: the hop to another and back costs more than the bytes. */
  #take(length: number): void {
    try {
      const buffer = Buffer.allocUnsafeSlow(length)
      const bytesRead = readSync(this.#file!.fd, buffer, 0, length, this.#position)
      if (bytesRead === 0)
        throw new WindlassError('STORE_IO', `Reading ${this.#path} failed: it is shorter than was told`)
      this.#position += bytesRead
      this.push(bytesRead === length ? buffer : buffer.subarray(0, bytesRead))
    } catch (error) {
      this.destroy(fileFailure(error, 'Reading a download', this.#path))
    }
  }
}
