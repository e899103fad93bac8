/** Reads one blob of a layer in one pass: verified, decompressed, hashed for its diffID, parsed. */
import type { Readable, Writable } from 'node:stream'
import { decompressor } from '../../bytes/compression/decompress.js'
import { Meter } from '../../bytes/meter.js'
import { pump } from '../../bytes/pump.js'
import { sniffCompression } from '../../bytes/compression/sniff.js'
import { Verifier } from '../../bytes/verifier.js'
import { asWindlassError, type WindlassError } from '../../errors.js'
import type { DigestAlgorithm } from '../../image/digest/digest.js'
import { defaultLimits, type Limits } from '../../limits.js'
import type { EntryHandler } from '../tar/entry.js'
import { ArchiveSink } from './archive-sink.js'
import type { Expectations, UnpackResult } from './task.js'

export interface ReadContext {
  readonly signal: AbortSignal
  /** Compressed bytes read so far, at most about ten times a second. */
  readonly onProgress: (bytes: number) => void
  /** The defaults, unless said otherwise. */
  readonly limits?: Limits
  /** Unpacked bytes of the layers of the image that are in the tree already. */
  readonly before?: number
  /** Whether another thread may decompress while this one writes. */
  readonly spare?: boolean
  /** What the diffID is computed by: that of the expected one, else sha256, unless said otherwise. */
  readonly algorithm?: DigestAlgorithm | undefined
}

/** Takes the entries of a layer and counts them. */
export interface EntryCounter extends EntryHandler {
  readonly entries: number
}

/**
 * Tells `begin`'s answer, or `begin` itself, the entries of the layer that `source` gives. `source` is read to its last
 * byte: what follows the archive belongs to the digests too. It is destroyed and closed when this settles.
 * @param finish is called once all is verified
 * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH or DIFF_ID_MISMATCH where the bytes are others than expected; else
 * what the archive is refused with, LIMIT_EXCEEDED among it; CANCELLED, or the signal's reason
 */
export async function readBlob(
  source: Readable,
  begin: EntryCounter | (() => EntryCounter),
  expected: Expectations | undefined,
  { signal, onProgress, limits = defaultLimits, before = 0, spare = true, algorithm }: ReadContext,
  finish: () => void = () => undefined,
): Promise<UnpackResult> {
  const verifier = expected?.digest === undefined ? undefined : new Verifier(expected)
  const meter = new Meter(onProgress)
  const cancel = (): void => {
    source.destroy(asWindlassError(signal.reason))
  }
  signal.addEventListener('abort', cancel)
  try {
    signal.throwIfAborted()
    const handler = typeof begin === 'function' ? begin() : begin
    const archive = new ArchiveSink(handler, { expected: expected?.diffID, algorithm, limits, before })
    await feed(source, archive, spare, (chunk) => {
      verifier?.update(chunk)
      meter.add(chunk.length)
    })
    verifier?.check()
    archive.check()
    finish()
    return { diffID: archive.diffID, size: archive.size, entries: handler.entries }
  } catch (error) {
    throw signal.aborted ? asWindlassError(signal.reason) : asWindlassError(error)
  } finally {
    signal.removeEventListener('abort', cancel)
    meter.stop()
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
  const decompress = decompressor(compression, { asynchronous: spare })
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
