/**
 * One blob into one directory in one pass: read, verified, decompressed, hashed for its diffID, parsed and applied.
 * Nothing of a blob that is not what it should be ever counts: the caller keeps the directory out of sight until then.
 */
import { createHash } from 'node:crypto'
import { type Readable, Writable } from 'node:stream'
import { decompressor } from '../../bytes/decompress.js'
import { Meter } from '../../bytes/meter.js'
import { pump } from '../../bytes/pump.js'
import { sniffCompression } from '../../bytes/sniff.js'
import { Verifier } from '../../bytes/verifier.js'
import { asWindlassError, WindlassError } from '../../errors.js'
import { algorithmOf, type Digest, parseDigest } from '../../image/digest.js'
import { LayerApplier } from '../rootfs/layer-applier.js'
import type { Warn } from '../rootfs/warnings.js'
import { TarReader } from '../tar/reader.js'
import type { BlobTask, UnpackResult } from './task.js'

export interface JobContext {
  readonly signal: AbortSignal
  /** Compressed bytes read so far, at most about ten times a second. */
  readonly onProgress: (bytes: number) => void
  readonly warn: Warn
}

/**
 * Unpacks what `source` gives, to its last byte: what follows the archive belongs to the digests too. `source` is
 * destroyed and closed when this settles.
 * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH or DIFF_ID_MISMATCH where the bytes are others than expected; else
 * what the archive or the file system is refused with; CANCELLED, or the signal's reason
 */
export async function unpackBlob(
  source: Readable,
  task: BlobTask,
  context: JobContext,
): Promise<UnpackResult> {
  const { signal, onProgress, warn } = context
  const { expected } = task
  const verifier = expected?.digest === undefined ? undefined : new Verifier(expected)
  const applier = new LayerApplier({ root: task.into, whiteouts: task.whiteouts, warn })
  const archive = new ArchiveSink(applier, expected?.diffID)
  const meter = new Meter(onProgress)
  const cancel = (): void => {
    source.destroy(asWindlassError(signal.reason))
  }
  signal.addEventListener('abort', cancel)
  try {
    signal.throwIfAborted()
    await feed(source, archive, (chunk) => {
      verifier?.update(chunk)
      meter.add(chunk.length)
    })
    verifier?.check()
    archive.check()
    applier.finish()
    return { diffID: archive.diffID, size: archive.size, entries: applier.entries }
  } catch (error) {
    throw signal.aborted ? asWindlassError(signal.reason) : asWindlassError(error)
  } finally {
    signal.removeEventListener('abort', cancel)
    meter.stop()
    applier.close()
    await closed(source)
  }
}

/**
 * All of `source` into `archive`. What the archive is refused with is told only when all bytes have been seen: bytes
 * that are not the expected ones make `see` (or the check after it) speak first, and that is the truer error.
 */
async function feed(source: Readable, archive: ArchiveSink, see: (chunk: Buffer) => void): Promise<void> {
  const { compression, stream } = await sniffCompression(source)
  const decompress = decompressor(compression)
  let refused: WindlassError | undefined
  const unpacking = pump([decompress, archive]).catch((error: unknown) => {
    refused = asWindlassError(error)
  })
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      see(chunk)
      if (refused !== undefined && isAboutBytes(refused)) continue
      if (refused !== undefined) throw refused
      if (!decompress.write(chunk)) await drained(decompress)
    }
    decompress.end()
  } finally {
    if (!decompress.writableEnded) decompress.destroy()
    await unpacking
  }
  archive.refused = refused
}

const isAboutBytes = ({ code }: WindlassError): boolean =>
  code === 'LAYER_INVALID' || code === 'LIMIT_EXCEEDED'

/** The uncompressed archive: hashed, counted, parsed. */
class ArchiveSink extends Writable {
  refused: WindlassError | undefined
  size = 0
  readonly #reader: TarReader
  readonly #hash
  readonly #algorithm
  readonly #expected: Digest | undefined
  #diffID: Digest | undefined

  constructor(applier: LayerApplier, expected: Digest | undefined) {
    super({ highWaterMark: 1 << 20 })
    this.#reader = new TarReader(applier)
    this.#algorithm = expected === undefined ? 'sha256' : algorithmOf(expected)
    this.#hash = createHash(this.#algorithm)
    this.#expected = expected
  }

  get diffID(): Digest {
    return (this.#diffID ??= parseDigest(`${this.#algorithm}:${this.#hash.digest('hex')}`))
  }

  /** @throws WindlassError what the archive was refused with, or DIFF_ID_MISMATCH */
  check(): void {
    if (this.refused !== undefined) throw this.refused
    if (this.#expected === undefined || this.#expected === this.diffID) return
    throw new WindlassError(
      'DIFF_ID_MISMATCH',
      `Unpacking the layer gave the diffID ${this.diffID}, but the image's config says ${this.#expected}`,
      { digest: this.#expected, hint: 'The image is inconsistent; nothing of it is kept.' },
    )
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#hash.update(chunk)
    this.size += chunk.length
    this.#attempt(done, () => this.#reader.write(chunk))
  }

  override _final(done: (error?: Error) => void): void {
    this.#attempt(done, () => this.#reader.finish())
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

/** Settles for a stream that fails as well: whoever asked learns of that elsewhere. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle).off('close', settle)
      resolve()
    }
    if (stream.destroyed) resolve()
    else stream.on('drain', settle).on('close', settle)
  })
}

/** Not `events.once`, which rejects on the error that may come before the close. */
function closed(stream: Readable): Promise<void> {
  stream.on('error', () => undefined)
  stream.destroy()
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))
}
