/** Takes the uncompressed archive of a layer: hashed for its diffID, counted against the limits, parsed. */
import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { asWindlassError, WindlassError } from '../../errors.js'
import { algorithmOf, type Digest, type DigestAlgorithm, parseDigest } from '../../image/digest/digest.js'
import { type Limits, ratioFloor } from '../../limits.js'
import type { EntryHandler } from '../tar/entry.js'
import { TarReader } from '../tar/reader.js'
import { overLimit } from '../tar/refusal.js'

export interface ArchiveOptions {
  /** The diffID; none where nobody knows it. */
  readonly expected: Digest | undefined
  /** What it is computed by; that of the expected one, else sha256. */
  readonly algorithm?: DigestAlgorithm | undefined
  readonly limits: Limits
  /** Unpacked bytes of the layers of the image that are in the tree already. */
  readonly before: number
}

/** Told of each chunk that nobody looks at any more. */
export type Taken = (chunk: Buffer) => void

export class ArchiveSink extends Writable {
  /** What it was refused with, once the last byte has been seen. */
  refused: WindlassError | undefined
  /** Bytes so far. */
  size = 0
  /** Bytes that they were made of; undefined for an archive that is not compressed. */
  compressed: number | undefined
  taken: Taken | undefined
  readonly #reader: TarReader
  readonly #hash
  readonly #algorithm
  readonly #options: ArchiveOptions
  #diffID: Digest | undefined

  constructor(handler: EntryHandler, options: ArchiveOptions) {
    super({ highWaterMark: 1 << 20 })
    this.#reader = new TarReader(handler, options.limits)
    this.#options = options
    const { expected, algorithm = expected === undefined ? 'sha256' : algorithmOf(expected) } = options
    this.#algorithm = algorithm
    this.#hash = createHash(this.#algorithm)
  }

  get diffID(): Digest {
    return (this.#diffID ??= parseDigest(`${this.#algorithm}:${this.#hash.digest('hex')}`))
  }

  /** @throws WindlassError what the archive was refused with, or DIFF_ID_MISMATCH */
  check(): void {
    const { expected } = this.#options
    if (this.refused !== undefined) throw this.refused
    if (expected === undefined || expected === this.diffID) return
    throw new WindlassError(
      'DIFF_ID_MISMATCH',
      `Unpacking the layer gave the diffID ${this.diffID}, but the image's config says ${expected}`,
      { digest: expected, hint: 'The image is inconsistent; nothing of it is kept.' },
    )
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#attempt(done, () => {
      this.size += chunk.length
      this.#measure()
      this.#hash.update(chunk)
      this.#reader.write(chunk)
      this.taken?.(chunk)
    })
  }

  override _final(done: (error?: Error) => void): void {
    this.#attempt(done, () => this.#reader.finish())
  }

  /** What follows the end of the archive counts as well: it has to be read and hashed like the rest. */
  #measure(): void {
    const { limits, before } = this.#options
    const { layerBytes, imageBytes, layerRatio } = limits
    if (this.size > layerBytes)
      throw overLimit('the size of the archive so far', this.size, 'layerBytes', layerBytes)
    if (before + this.size > imageBytes)
      throw overLimit('the size of all layers so far', before + this.size, 'imageBytes', imageBytes)
    if (this.compressed === undefined || this.size <= ratioFloor) return
    if (this.size > this.compressed * layerRatio)
      throw overLimit(
        'the number of bytes that one compressed byte became',
        Math.floor(this.size / this.compressed),
        'layerRatio',
        layerRatio,
      )
  }

  #attempt(done: (error?: Error) => void, work: () => void): void {
    let failed: WindlassError | undefined
    try {
      work()
    } catch (error) {
      failed = asWindlassError(error)
    }
    done(failed)
  }
}
