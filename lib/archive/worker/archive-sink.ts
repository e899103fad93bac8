/** Processes the uncompressed archive of a layer: hashes it for the diffID, enforces limits and parses it. */
import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { asWindlassError, WindlassError } from '../../errors.js'
import { algorithmOf, type Digest, type DigestAlgorithm, parseDigest } from '../../image/digest/digest.js'
import type { Limits } from '../../limits.js'
import { ArchiveSize } from '../archive-size.js'
import type { EntryHandler } from '../tar/entry.js'
import { TarReader } from '../tar/reader.js'

/** Options of an `ArchiveSink`. */
export interface ArchiveOptions {
  /** The expected diffID, if known. */
  readonly expected: Digest | undefined
  /** The algorithm of the diffID. Default: that of the expected one, otherwise sha256. */
  readonly algorithm?: DigestAlgorithm | undefined
  readonly limits: Limits
  /** Total size in bytes of the layers already in the tree. */
  readonly bytesBefore: number
  /** Called after each chunk and at the end. If it returns a promise, the next chunk waits for it. */
  readonly afterChunk?: (() => Promise<void> | undefined) | undefined
}

/** Receives each chunk that is no longer needed. */
export type OnConsumed = (chunk: Buffer) => void

/** A stream that receives the bytes of an uncompressed archive. */
export class ArchiveSink extends Writable {
  /** The error that rejected the archive, set after its last byte was read. */
  rejection: WindlassError | undefined
  /** The sizes so far. */
  readonly archiveSize: ArchiveSize
  /** Receives each processed chunk, so that its memory can be reused. */
  onConsumed: OnConsumed | undefined
  readonly #reader: TarReader
  readonly #hash
  readonly #algorithm
  readonly #options: ArchiveOptions
  #diffID: Digest | undefined

  constructor(handler: EntryHandler, options: ArchiveOptions) {
    super({ highWaterMark: 1 << 20 })
    this.#reader = new TarReader(handler, options.limits)
    this.archiveSize = new ArchiveSize(options.limits, options.bytesBefore)
    this.#options = options
    const { expected, algorithm = expected === undefined ? 'sha256' : algorithmOf(expected) } = options
    this.#algorithm = algorithm
    this.#hash = createHash(this.#algorithm)
  }

  /** The diffID of the bytes. Read it after the last byte. */
  get diffID(): Digest {
    return (this.#diffID ??= parseDigest(`${this.#algorithm}:${this.#hash.digest('hex')}`))
  }

  /**
   * Verifies the archive and its diffID.
   * @throws WindlassError `rejection`, or DIFF_ID_MISMATCH
   */
  check(): void {
    const { expected } = this.#options
    if (this.rejection !== undefined) throw this.rejection
    if (expected === undefined || expected === this.diffID) return
    throw new WindlassError(
      'DIFF_ID_MISMATCH',
      `The unpacked layer has the diffID ${this.diffID}, but the config of the image states ${expected}`,
      { digest: expected, hint: 'The image is inconsistent. Tell whoever publishes it.' },
    )
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#attempt(done, () => {
      this.archiveSize.add(chunk.length)
      this.#hash.update(chunk)
      this.#reader.write(chunk)
      this.onConsumed?.(chunk)
    })
  }

  override _final(done: (error?: Error) => void): void {
    this.#attempt(done, () => this.#reader.finish())
  }

  #attempt(done: (error?: Error) => void, work: () => void): void {
    let wait: Promise<void> | undefined
    try {
      work()
      wait = this.#options.afterChunk?.()
    } catch (error) {
      done(asWindlassError(error))
      return
    }
    if (wait === undefined) done()
    else
      wait.then(
        () => done(),
        (error: unknown) => done(asWindlassError(error)),
      )
  }
}
