/** Reads the blob of a layer while its download is written. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable, addAbortSignal, pipeline } from 'node:stream'
import type { Subscription } from 'rxjs'
import { WindlassError } from '../errors.js'
import type { Descriptor } from '../image/index.js'
import { fileFailure } from '../system/file-failure.js'
import type { GrowingFile } from './growing-file.js'
import { VerifyingStream } from './verifying-stream.js'

/** A layer whose blob is in a file, complete or still being downloaded, such as an `ArrivingLayer`. */
export interface FollowableLayer {
  readonly path: string
  readonly descriptor: Descriptor
  /** The download; undefined if the blob is already complete. */
  readonly arriving: { readonly file: GrowingFile } | undefined
}

/** Options of `followLayer`. */
export interface FollowOptions {
  /** Destroys the stream. */
  readonly signal?: AbortSignal | undefined
}

const readBytes = 1024 * 1024

/**
 * Returns the blob of a layer as a stream that follows the download: compressed bytes, from the first one on. Size and
 * digest are verified, and the stream fails before its last byte if they are wrong. The download does not wait for the
 * stream.
 *
 * Call it before your stage passes the layer on, because committing the layer moves the file. Read the stream
 * afterwards, so that the layer is unpacked meanwhile. In a pull, the stage must come before `verify`.
 *
 * @throws STORE_IO. The stream fails with the error of the download, or with STALLED when the download starts again;
 * then call `followLayer` again
 * @example
 * const hashed = pullStage(async function* (layer: ArrivingLayer, { signal }) {
 *   const blob = await followLayer(layer, { signal })
 *   yield layer
 *   await pipeline(blob, createHash('sha512'), createWriteStream('sha512'), { signal })
 * })
 */
export async function followLayer(layer: FollowableLayer, { signal }: FollowOptions = {}): Promise<Readable> {
  const { path, descriptor, arriving } = layer
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw fileFailure(error, 'Opening a layer', path)
  })
  const verifying = new VerifyingStream(descriptor)
  if (signal) addAbortSignal(signal, verifying)
  // The reader receives the error of either stream.
  return pipeline(new FollowedFile(file, path, descriptor.size, arriving?.file), verifying, () => undefined)
}

class FollowedFile extends Readable {
  readonly #subscription: Subscription | undefined
  #generation: number | undefined
  #position = 0
  #length: number
  #isWhole: boolean
  /** Set while the reader waits for more bytes. */
  #waiting = false

  constructor(
    readonly file: FileHandle,
    readonly path: string,
    size: number,
    growing: GrowingFile | undefined,
  ) {
    super({ highWaterMark: readBytes })
    this.#isWhole = growing === undefined
    this.#length = growing === undefined ? size : 0
    this.#subscription = growing?.states.subscribe(({ length, generation, phase, error }) => {
      this.#generation ??= generation
      this.#length = length
      this.#isWhole = phase === 'arrived' || phase === 'verified'
      if (phase === 'failed') this.destroy(error)
      else if (generation !== this.#generation)
        this.destroy(new WindlassError('STALLED', `The download to ${this.path} started again`))
      else if (this.#waiting) this._read()
    })
  }

  override _read(): void {
    const length = Math.min(readBytes, this.#length - this.#position)
    this.#waiting = length <= 0 && !this.#isWhole
    if (this.#waiting) return
    if (length <= 0) this.push(null)
    else void this.#readChunk(length)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#subscription?.unsubscribe()
    this.file.close().then(
      () => done(error),
      (failure: unknown) => done(error ?? fileFailure(failure, 'Closing a layer', this.path)),
    )
  }

  async #readChunk(length: number): Promise<void> {
    try {
      const { buffer, bytesRead } = await this.file.read(
        Buffer.allocUnsafe(length),
        0,
        length,
        this.#position,
      )
      if (bytesRead === 0)
        throw new WindlassError('STORE_IO', `Failed to read ${this.path}: it became shorter`)
      this.#position += bytesRead
      if (!this.destroyed) this.push(buffer.subarray(0, bytesRead))
    } catch (error) {
      this.destroy(fileFailure(error, 'Reading a layer', this.path))
    }
  }
}
