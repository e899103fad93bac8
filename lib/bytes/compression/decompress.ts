/** Decompresses layers in large chunks with constant memory, and rejects damaged or truncated data. */
import { Duplex, PassThrough, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { WindlassError } from '../../errors.js'
import type { Compression } from './compression.js'
import { openGunzip } from '../../system/gunzip.js'
import { openUnzstd } from '../../system/zstd/unzstd.js'
import type { Framing } from './framing.js'
import { FzstdDecoder } from './fzstd-decoder.js'
import { GzipTail } from './gzip-tail.js'
import { IsalGunzip } from './isal-gunzip.js'
import { LargeWindow } from './large-window.js'
import { LibzstdDecoder } from './libzstd-decoder.js'
import { ZstdFrames } from './zstd-frames.js'

/** A decompression stream. If `recycle` exists, a consumer may return chunks that it no longer needs. */
export type DecompressorStream = Duplex & { recycle?(chunk: Buffer): void }

/** Options of `decompressor`. */
export interface DecompressOptions {
  /** Decompress in another thread while the consumer works (default true). zlib always uses another thread. */
  readonly asynchronous?: boolean
  /**
   * Size of an output chunk in bytes, at least 128 KiB (default 512 KiB). As many bytes of input are read ahead, so a
   * consumer that may stop early should choose a small size.
   */
  readonly chunkBytes?: number
}

/** Default size of an output chunk in bytes. Large, because zlib uses another thread for each chunk. */
const chunkSize = 512 * 1024
const streamSizes = (chunkSize: number) => ({ chunkSize, highWaterMark: chunkSize })

/**
 * Creates a stream that decompresses a layer.
 *
 * gzip: any number of members, including empty ones, optionally followed by zeros. Other trailing data and wrong
 * checksums or lengths are rejected. Decoded by ISA-L if the system has it, otherwise by zlib. (Go's gzip reader
 * rejects trailing zeros; GNU gzip, unpigz and Node accept them.)
 *
 * zstd: any number of frames, including skippable ones, and no other data. Windows of up to 128 MiB, no dictionaries.
 * Decoded by libzstd if the system has it, otherwise by Node's zlib, otherwise by the package fzstd, which supports
 * windows of up to 32 MiB. Apart from that limit, all decoders accept and reject the same data.
 *
 * The stream fails with LAYER_INVALID, or with LIMIT_EXCEEDED for a window that is too large.
 */
export function decompressor(
  compression: Compression,
  { asynchronous = true, chunkBytes = chunkSize }: DecompressOptions = {},
): DecompressorStream {
  switch (compression) {
    case 'none':
      return new PassThrough({ highWaterMark: chunkBytes })
    case 'gzip': {
      const gunzip = openGunzip()
      return gunzip
        ? new IsalGunzip(gunzip, { outputBytes: chunkBytes, asynchronous })
        : zlibGunzip(chunkBytes)
    }
    case 'zstd': {
      const unzstd = openUnzstd()
      if (unzstd) return new LibzstdDecoder(unzstd, { outputBytes: chunkBytes, asynchronous })
      return nodeUnzstd(chunkBytes) ?? fzstdUnzstd(chunkBytes)
    }
  }
}

/** gzip with Node's zlib. Exported for its spec, because ISA-L is preferred. */
export const zlibGunzip = (chunkBytes = chunkSize): Duplex =>
  new Decompressor(zlib.createGunzip(streamSizes(chunkBytes)), new GzipTail(), 'gzip', chunkBytes)

/** zstd with Node's zlib, or undefined if Node has no zstd decoder. Exported for its spec. */
export const nodeUnzstd = (chunkBytes = chunkSize): Duplex | undefined => {
  const module: object = zlib
  if (!hasZstd(module)) return undefined
  const decoder = module.createZstdDecompress({
    ...streamSizes(chunkBytes),
    params: { [windowLogMax]: maxWindowLog },
  })
  const window = new LargeWindow()
  return new Decompressor(
    decoder,
    new ZstdFrames((bytes) => window.recordWindow(bytes)),
    'zstd',
    chunkBytes,
    window,
  )
}

/** zstd with the package fzstd. Exported for its spec. */
export const fzstdUnzstd = (chunkBytes = chunkSize): Duplex =>
  new Decompressor(new FzstdDecoder(chunkBytes), new ZstdFrames(), 'zstd', chunkBytes)

/** `ZSTD_d_windowLogMax` (zstd.h). Node exports it as a constant only if it has zstd. */
const windowLogMax = 100
const maxWindowLog = 27

type Decoder = Transform & { readonly bytesWritten: number }

/** node:zlib since 22.15 and 23.8. */
interface WithZstd {
  createZstdDecompress(
    options: ReturnType<typeof streamSizes> & { readonly params: Readonly<Record<number, number>> },
  ): Decoder
}

const hasZstd = (module: object): module is WithZstd => 'createZstdDecompress' in module

/**
 * Combines a decoder with the checks of its framing. Consumes all input, also if the decoder ends early, and converts
 * the errors of the decoder to LAYER_INVALID.
 */
class Decompressor extends Duplex {
  readonly #decoder: Decoder
  readonly #framing: Framing
  #decoderEnded = false
  #pendingDone: (() => void) | undefined

  constructor(
    decoder: Decoder,
    framing: Framing,
    name: string,
    chunkBytes: number,
    readonly window?: LargeWindow,
  ) {
    super({ readableHighWaterMark: chunkBytes, writableHighWaterMark: chunkBytes })
    this.#decoder = decoder
    this.#framing = framing
    decoder.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) decoder.pause()
    })
    decoder.on('end', () => {
      this.#decoderEnded = true
      this.#release()
    })
    decoder.on('error', (error: Error) => this.destroy(asLayerError(error, name)))
  }

  override _read(): void {
    this.#decoder.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    let parts: readonly Buffer[]
    try {
      parts = this.#framing.split(chunk)
    } catch (error) {
      done(error as Error)
      return
    }
    if (this.window === undefined) this.#feed(parts, 0, done)
    else void this.window.acquire(() => this.destroyed).then(() => this.#feed(parts, 0, done))
  }

  override _final(done: (error?: Error) => void): void {
    const finish = (): void => {
      try {
        this.#framing.finish(this.#decoder.bytesWritten)
      } catch (error) {
        done(error as Error)
        return
      }
      this.push(null)
      done()
    }
    if (this.#decoderEnded) finish()
    else {
      this.#decoder.once('end', finish)
      this.#decoder.end()
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const closed = (): void => {
      this.window?.release()
      done(error)
    }
    if (this.#decoder.closed) closed()
    else this.#decoder.once('close', closed).destroy()
  }

  #feed(parts: readonly Buffer[], at: number, done: () => void): void {
    const part = parts[at]
    if (this.#decoderEnded || part === undefined || this.#decoder.destroyed) {
      done()
      return
    }
    // A decoder that has ended calls no more write callbacks. Its 'end' event calls `#release` instead.
    this.#pendingDone = () => this.#feed(parts, at + 1, done)
    this.#decoder.write(part, () => this.#release())
  }

  #release(): void {
    const done = this.#pendingDone
    this.#pendingDone = undefined
    done?.()
  }
}

function asLayerError(cause: Error, name: string): WindlassError {
  if (cause instanceof WindlassError) return cause
  return new WindlassError('LAYER_INVALID', `Decompressing the layer as ${name} failed: ${cause.message}`, {
    cause,
    hint: 'The layer is damaged or incomplete, and nothing of it is kept. Tell whoever publishes the image.',
  })
}
