/** Undoes the compression of a layer in big chunks and flat memory, and refuses what is damaged or cut off. */
import { Duplex, PassThrough, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { WindlassError } from '../../errors.js'
import type { Compression } from './compression.js'
import { openGunzip } from '../../system/gunzip.js'
import { openUnzstd } from '../../system/unzstd.js'
import type { Framing } from './framing.js'
import { FzstdDecoder } from './fzstd-decoder.js'
import { GzipTail } from './gzip-tail.js'
import { IsalGunzip } from './isal-gunzip.js'
import { LargeWindow } from './large-window.js'
import { LibzstdDecoder } from './libzstd-decoder.js'
import { ZstdFrames } from './zstd-frames.js'

/** Whoever has done with a chunk may give it back, where it is asked for. */
export type Decompressing = Duplex & { recycle?(chunk: Buffer): void }

export interface DecompressOptions {
  /** Whether processors are idle that could decompress while the reader works; zlib does so in any case. */
  readonly asynchronous?: boolean
}

/** Bytes of output at once: inflate's thread hop is paid once a chunk. */
const chunkSize = 512 * 1024
const sizes = { chunkSize, highWaterMark: chunkSize }

/**
 * gzip: any number of members, empty ones too, then zeros; whatever else follows is refused, as are wrong checksums
 * and lengths. zstd: any number of frames, skippable ones too, and nothing else; windows up to 128 MiB, no dictionaries.
 * The stream fails with LAYER_INVALID, or LIMIT_EXCEEDED for the window.
 * gzip is ISA-L's where the system has it, else zlib's. zstd is libzstd's where the system has it, else that of Node's zlib,
 * else that of a package, whose windows end at 32 MiB. But for those windows the same is taken and refused.
 * (Go's gzip reader refuses the zeros too; GNU gzip, unpigz and Node take them.)
 */
export function decompressor(
  compression: Compression,
  { asynchronous = true }: DecompressOptions = {},
): Decompressing {
  switch (compression) {
    case 'none':
      return new PassThrough({ highWaterMark: chunkSize })
    case 'gzip': {
      const gunzip = openGunzip()
      return gunzip ? new IsalGunzip(gunzip, { outputBytes: chunkSize, asynchronous }) : zlibGunzip()
    }
    case 'zstd': {
      const unzstd = openUnzstd()
      if (unzstd) return new LibzstdDecoder(unzstd, { outputBytes: chunkSize, asynchronous })
      return nodeUnzstd() ?? packageUnzstd()
    }
  }
}

/** Exported for its spec: where there is ISA-L, nothing else calls it. */
export const zlibGunzip = (): Duplex => new Decompressor(zlib.createGunzip(sizes), new GzipTail(), 'gzip')

/** By Node's zlib; undefined where it has no zstd. Exported for its spec, as is the next. */
export const nodeUnzstd = (): Duplex | undefined => {
  const module: object = zlib
  if (!hasZstd(module)) return undefined
  const decoder = module.createZstdDecompress({ ...sizes, params: { [windowLogMax]: maxWindowLog } })
  const window = new LargeWindow()
  return new Decompressor(decoder, new ZstdFrames((bytes) => window.note(bytes)), 'zstd', window)
}

export const packageUnzstd = (): Duplex =>
  new Decompressor(new FzstdDecoder(chunkSize), new ZstdFrames(), 'zstd')

/** `ZSTD_d_windowLogMax` of zstd.h, which Node has as a constant where it has zstd. */
const windowLogMax = 100
const maxWindowLog = 27

type Decoder = Transform & { readonly bytesWritten: number }

/** Of Node from 22.15 and 23.8 on. */
interface WithZstd {
  createZstdDecompress(options: typeof sizes & { readonly params: Readonly<Record<number, number>> }): Decoder
}

const hasZstd = (module: object): module is WithZstd => 'createZstdDecompress' in module

/** A decoder with its framing: takes input to the end even where the decoder is done before, and names its errors. */
class Decompressor extends Duplex {
  readonly #decoder: Decoder
  readonly #framing: Framing
  #over = false
  #taken: (() => void) | undefined

  constructor(
    decoder: Decoder,
    framing: Framing,
    name: string,
    readonly window?: LargeWindow,
  ) {
    super({ readableHighWaterMark: chunkSize, writableHighWaterMark: chunkSize })
    this.#decoder = decoder
    this.#framing = framing
    decoder.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) decoder.pause()
    })
    decoder.on('end', () => {
      this.#over = true
      this.#release()
    })
    decoder.on('error', (error: Error) => this.destroy(named(error, name)))
  }

  override _read(): void {
    this.#decoder.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error) => void): void {
    let parts: readonly Buffer[]
    try {
      parts = this.#framing.take(chunk)
    } catch (error) {
      taken(error as Error)
      return
    }
    if (this.window === undefined) this.#feed(parts, 0, taken)
    else void this.window.turn(() => this.destroyed).then(() => this.#feed(parts, 0, taken))
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
    if (this.#over) finish()
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

  #feed(parts: readonly Buffer[], at: number, taken: () => void): void {
    const part = parts[at]
    if (this.#over || part === undefined || this.#decoder.destroyed) {
      taken()
      return
    }
    // A decoder that has seen its end calls back no more: then its 'end' does.
    this.#taken = () => this.#feed(parts, at + 1, taken)
    this.#decoder.write(part, () => this.#release())
  }

  #release(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }
}

function named(cause: Error, name: string): WindlassError {
  if (cause instanceof WindlassError) return cause
  return new WindlassError('LAYER_INVALID', `Decompressing the layer as ${name} failed: ${cause.message}`, {
    cause,
    hint: 'The layer is damaged or cut off; nothing of it is kept.',
  })
}
