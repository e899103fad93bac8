/** Reads the blob of a layer in one pass: verifies, decompresses, hashes and parses it. */
import type { Readable, Writable } from 'node:stream'
import { decompressor } from '../../bytes/compression/decompress.js'
import { destroyAndWait } from '../../bytes/destroy-and-wait.js'
import { Meter } from '../../bytes/meter.js'
import { pump } from '../../bytes/pump.js'
import { sniffCompression } from '../../bytes/compression/sniff.js'
import { Verifier } from '../../bytes/verifier.js'
import { asWindlassError, type WindlassError } from '../../errors.js'
import type { DigestAlgorithm } from '../../image/digest/digest.js'
import { defaultLimits, type Limits } from '../../limits.js'
import type { EntrySender } from '../entries/entry-sender.js'
import { teeEntries } from '../entries/tee-entries.js'
import type { EntryHandler } from '../tar/entry.js'
import { ArchiveSink } from './archive-sink.js'
import type { Expectations, UnpackResult } from './task.js'

/** The settings and callbacks of `readLayerBlob`. */
export interface ReadContext {
  readonly signal: AbortSignal
  /** Receives the number of compressed bytes read so far, at most about ten times a second. */
  readonly onProgress: (bytes: number) => void
  /** Default: `defaultLimits`. */
  readonly limits?: Limits
  /** Total size in bytes of the layers already in the tree. */
  readonly bytesBefore?: number
  /** Whether another thread may decompress while this one writes. */
  readonly spare?: boolean
  /** The algorithm of the diffID. Default: that of the expected one, otherwise sha256. */
  readonly algorithm?: DigestAlgorithm | undefined
  /** Also receives the entries. Reading waits for it. */
  readonly entries?: EntrySender | undefined
}

/** Receives the entries of a layer and counts them. */
export interface EntryCounter extends EntryHandler {
  readonly entries: number
}

/**
 * Passes the entries of the layer in `source` to `begin`, or to the handler that `begin` returns. Reads `source` to its
 * end, because bytes after the archive are part of the digests. `source` is destroyed and closed when this settles.
 * @param finish called after everything is verified
 * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH or DIFF_ID_MISMATCH when the bytes are not the expected ones;
 * LAYER_INVALID, LIMIT_EXCEEDED or the errors of the handler; CANCELLED or the reason of the signal
 */
export async function readLayerBlob(
  source: Readable,
  begin: EntryCounter | (() => EntryCounter),
  expected: Expectations | undefined,
  {
    signal,
    onProgress,
    limits = defaultLimits,
    bytesBefore = 0,
    spare = true,
    algorithm,
    entries,
  }: ReadContext,
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
    const archive = new ArchiveSink(entries === undefined ? handler : teeEntries(handler, entries), {
      ...{ expected: expected?.diffID, algorithm, limits, bytesBefore },
      afterChunk: entries && (() => entries.flush()),
    })
    await feed(source, archive, spare, (chunk) => {
      verifier?.update(chunk)
      meter.add(chunk.length)
    })
    verifier?.check()
    archive.check()
    finish()
    return { diffID: archive.diffID, size: archive.archiveSize.bytes, entries: handler.entries }
  } catch (error) {
    throw signal.aborted ? asWindlassError(signal.reason) : asWindlassError(error)
  } finally {
    signal.removeEventListener('abort', cancel)
    meter.stop()
    await destroyAndWait(source)
  }
}

/**
 * Passes all of `source` to `archive`. The error of an invalid archive is reported after the last byte: if the bytes
 * are not the expected ones, the verification in or after `onChunk` fails first, with the more accurate error.
 */
async function feed(
  source: Readable,
  archive: ArchiveSink,
  spare: boolean,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  const { compression, stream } = await sniffCompression(source)
  const decompress = decompressor(compression, { asynchronous: spare })
  if (compression !== 'none') archive.archiveSize.compressedBytes = 0
  archive.onConsumed = decompress.recycle?.bind(decompress)
  let rejection: WindlassError | undefined
  const unpacking = pump([decompress, archive]).catch((error: unknown) => {
    rejection = asWindlassError(error)
  })
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      onChunk(chunk)
      if (rejection !== undefined && isAboutContent(rejection)) continue
      if (rejection !== undefined) throw rejection
      if (archive.archiveSize.compressedBytes !== undefined)
        archive.archiveSize.compressedBytes += chunk.length
      if (!decompress.write(chunk)) await whenDrained(decompress)
    }
    decompress.end()
  } finally {
    if (!decompress.writableEnded) decompress.destroy()
    await unpacking
  }
  archive.rejection = rejection
}

const isAboutContent = ({ code }: WindlassError): boolean =>
  code === 'LAYER_INVALID' || code === 'LIMIT_EXCEEDED'

/** Resolves also when the stream fails; `feed` reports that error. */
function whenDrained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle).off('close', settle)
      resolve()
    }
    if (stream.destroyed) resolve()
    else stream.on('drain', settle).on('close', settle)
  })
}
