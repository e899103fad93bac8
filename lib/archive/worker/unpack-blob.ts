/**
 * One blob into one directory in one pass: read, verified, decompressed, hashed for its diffID, parsed and applied.
 * Nothing of a blob that is not what it should be ever counts: the caller keeps the directory out of sight until then.
 */
import type { Readable, Writable } from 'node:stream'
import { decompressor } from '../../bytes/decompress.js'
import { Meter } from '../../bytes/meter.js'
import { pump } from '../../bytes/pump.js'
import { sniffCompression } from '../../bytes/sniff.js'
import { Verifier } from '../../bytes/verifier.js'
import { asWindlassError, type WindlassError } from '../../errors.js'
import { defaultLimits, type Limits } from '../../image/limits.js'
import { LayerApplier } from '../rootfs/layer-applier.js'
import type { Warn } from '../rootfs/warnings.js'
import { ArchiveSink } from './archive-sink.js'
import type { BlobTask, UnpackResult } from './task.js'

export interface JobContext {
  readonly signal: AbortSignal
  /** Compressed bytes read so far, at most about ten times a second. */
  readonly onProgress: (bytes: number) => void
  readonly warn: Warn
  /** The defaults, unless said otherwise. */
  readonly limits?: Limits
  /** Unpacked bytes of the layers of the image that are in the tree already. */
  readonly before?: number
  /** Whether another thread may decompress while this one writes. */
  readonly spare?: boolean
}

/**
 * Unpacks what `source` gives, to its last byte: what follows the archive belongs to the digests too. `source` is
 * destroyed and closed when this settles.
 * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH or DIFF_ID_MISMATCH where the bytes are others than expected; else
 * what the archive or the file system is refused with, LIMIT_EXCEEDED among it; CANCELLED, or the signal's reason
 */
export async function unpackBlob(
  source: Readable,
  task: BlobTask,
  context: JobContext,
): Promise<UnpackResult> {
  const { signal, onProgress, warn, limits = defaultLimits, before = 0, spare = true } = context
  const { expected, algorithm } = task
  const verifier = expected?.digest === undefined ? undefined : new Verifier(expected)
  const meter = new Meter(onProgress)
  let applier: LayerApplier | undefined
  const cancel = (): void => {
    source.destroy(asWindlassError(signal.reason))
  }
  signal.addEventListener('abort', cancel)
  try {
    signal.throwIfAborted()
    applier = new LayerApplier({ root: task.into, whiteouts: task.whiteouts, warn, limits })
    const archive = new ArchiveSink(applier, { expected: expected?.diffID, algorithm, limits, before })
    await feed(source, archive, spare, (chunk) => {
      verifier?.update(chunk)
      meter.add(chunk.length)
    })
    verifier?.check()
    archive.check()
    applier.finish()
    const { entries, implied } = applier
    return { diffID: archive.diffID, size: archive.size, entries, ...(implied && { implied }) }
  } catch (error) {
    throw signal.aborted ? asWindlassError(signal.reason) : asWindlassError(error)
  } finally {
    signal.removeEventListener('abort', cancel)
    meter.stop()
    applier?.close()
    await closed(source)
  }
}

/**
 * All of `source` into `archive`. What the archive is refused with is told only when all bytes have been seen: bytes
 * that are not the expected ones make `see` (or the check after it) speak first, and that is the truer error.
 */
async function feed(
  source: Readable,
  archive: ArchiveSink,
  spare: boolean,
  see: (chunk: Buffer) => void,
): Promise<void> {
  const { compression, stream } = await sniffCompression(source)
  const decompress = decompressor(compression, { beside: spare })
  if (compression !== 'none') archive.compressed = 0
  archive.taken = decompress.recycle?.bind(decompress)
  let refused: WindlassError | undefined
  const unpacking = pump([decompress, archive]).catch((error: unknown) => {
    refused = asWindlassError(error)
  })
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      see(chunk)
      if (refused !== undefined && isAboutBytes(refused)) continue
      if (refused !== undefined) throw refused
      if (archive.compressed !== undefined) archive.compressed += chunk.length
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
