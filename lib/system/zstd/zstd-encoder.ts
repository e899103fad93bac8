/**
 * Compresses zstd with the reference library (`libzstd.so.1`) if the system has it. Node's zlib has a zstd encoder only
 * since 22.15 and 23.8. If the library is missing or has an unknown layout, `openZstdEncoder` returns undefined.
 */
import {
  callAsync,
  loadLibzstd,
  type Pointer,
  type Result,
  StreamBuffers,
  type StreamFunction,
} from './libzstd.js'
import { openUnzstd } from './unzstd.js'

/** Parameters of a context (`ZSTD_cParameter`, zstd.h). */
const parameters = { compressionLevel: 100, checksumFlag: 201 } as const
/** What a call does after it has compressed its input (`ZSTD_EndDirective`, zstd.h). */
const directives = { continue: 0, end: 2 } as const

/** Reports a failure of the library, with its message. */
export class ZstdEncoderError extends Error {
  override readonly name = 'ZstdEncoderError'
}

/**
 * Compresses one frame with a checksum of its content. Calls must not overlap. The caller must close the encoder, because
 * V8 does not manage its memory.
 */
export interface ZstdEncoder {
  /** Appends the first bytes of `input` to the input, as many as there is room for, and returns their number. */
  addInput(input: Uint8Array): number
  /**
   * Compresses the input into `output` on a thread of the pool. With `end`, also ends the frame. The caller repeats the
   * call, with the same `end`, until `isDone`: the input is consumed, and with `end` the frame is complete. The caller
   * must not use `output` until the promise settles.
   * @throws ZstdEncoderError when the library fails, such as for lack of memory
   */
  compress(output: Buffer, end: boolean): Promise<Compressed>
  /** Like `compress`, but in the calling thread. @throws ZstdEncoderError when the library fails */
  compressSync(output: Buffer, end: boolean): Compressed
  /** Frees the encoder. No call may be in progress. A second call has no effect. */
  close(): void
}

/** Result of a call of `ZstdEncoder.compress`. */
export interface Compressed {
  /** Number of bytes written to the output. */
  readonly written: number
  readonly isDone: boolean
}

interface Library {
  readonly address: (buffer: Buffer) => bigint
  readonly create: () => Pointer | null
  readonly free: (encoder: Pointer) => unknown
  readonly set: (encoder: Pointer, parameter: number, value: number) => Result
  /** Returns a positive number while output of the directive is missing, 0 after it, and a negative one for an error. */
  readonly compress: StreamFunction<[directive: number]>
  readonly errorName: (result: Result) => string
}

/** Undefined before the first use; false if the library is not usable. */
let loaded: Library | false | undefined
let openCount = 0

/** Number of encoders of this thread that are open. */
export const openZstdEncoders = (): number => openCount

/**
 * Creates an encoder. Returns undefined if the library is missing, unusable, out of memory, or disabled with
 * `WINDLASS_ZSTD=0`.
 * @param level 1 (fastest) to 22 (smallest)
 */
export function openZstdEncoder(level: number): ZstdEncoder | undefined {
  loaded ??= load() ?? false
  return loaded === false ? undefined : newEncoder(loaded, level)
}

function newEncoder(library: Library, level: number): ZstdEncoder | undefined {
  const encoder = library.create()
  if (encoder === null) return undefined
  const isSet =
    library.set(encoder, parameters.compressionLevel, level) >= 0 &&
    library.set(encoder, parameters.checksumFlag, 1) >= 0
  if (isSet) return new LibzstdEncoder(library, encoder)
  library.free(encoder)
  return undefined
}

class LibzstdEncoder implements ZstdEncoder {
  readonly #library: Library
  readonly #encoder: Pointer
  readonly #buffers: StreamBuffers
  #closed = false

  constructor(library: Library, encoder: Pointer) {
    this.#library = library
    this.#encoder = encoder
    this.#buffers = new StreamBuffers(library.address)
    openCount++
  }

  addInput(input: Uint8Array): number {
    return this.#buffers.addInput(input)
  }

  async compress(output: Buffer, end: boolean): Promise<Compressed> {
    const directive = this.#begin(output, end)
    const result = await callAsync(this.#library.compress, this.#encoder, this.#buffers, directive)
    return this.#compressed(result, end)
  }

  compressSync(output: Buffer, end: boolean): Compressed {
    const directive = this.#begin(output, end)
    const { in: input, out } = this.#buffers
    return this.#compressed(this.#library.compress(this.#encoder, out, input, directive), end)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    openCount--
    this.#library.free(this.#encoder)
  }

  #begin(output: Buffer, end: boolean): number {
    if (this.#closed) throw new ZstdEncoderError('the encoder is closed')
    this.#buffers.setOutput(output)
    return end ? directives.end : directives.continue
  }

  #compressed(result: Result, end: boolean): Compressed {
    if (result < 0) throw new ZstdEncoderError(this.#library.errorName(result))
    const { written, unconsumed } = this.#buffers
    if (unconsumed === 0) this.#buffers.clearInput()
    return { written, isDone: unconsumed === 0 && (!end || Number(result) === 0) }
  }
}

function load(): Library | undefined {
  try {
    const found = loadLibzstd()
    if (found === undefined) return undefined
    const { koffi, zstd } = found
    const library: Library = {
      address: (buffer) => koffi.address(buffer),
      create: zstd.func('void *ZSTD_createCCtx()'),
      free: zstd.func('size_t ZSTD_freeCCtx(void *encoder)'),
      set: zstd.func('int64_t ZSTD_CCtx_setParameter(void *encoder, int parameter, int value)'),
      compress: zstd.func(
        'int64_t ZSTD_compressStream2(void *encoder, void *output, void *input, int directive)',
      ),
      errorName: zstd.func('const char *ZSTD_getErrorName(int64_t result)'),
    }
    return behavesAsExpected(library) ? library : undefined
  } catch {
    return undefined
  }
}

/** A text, and the checksum of its content that a frame ends with. */
const sampleText = 'hello'
const sampleChecksum = 'a36d9f88'

/** Reports whether the library behaves as expected: compresses a text that arrives in two parts, and decompresses it. */
function behavesAsExpected(library: Library): boolean {
  const encoder = newEncoder(library, 3)
  const decoder = openUnzstd()
  try {
    if (encoder === undefined || decoder === undefined) return false
    const output = Buffer.allocUnsafeSlow(4096)
    encoder.addInput(Buffer.from(sampleText.slice(0, 2)))
    const first = encoder.compressSync(output, false)
    encoder.addInput(Buffer.from(sampleText.slice(2)))
    const rest = encoder.compressSync(output.subarray(first.written), true)
    const frame = output.subarray(0, first.written + rest.written)
    decoder.setInput(frame)
    const decoded = Buffer.allocUnsafeSlow(4096)
    const length = decoder.decompressSync(decoded)
    return (
      first.isDone &&
      rest.isDone &&
      decoder.hasEnded &&
      frame.toString('hex').endsWith(sampleChecksum) &&
      decoded.toString('latin1', 0, length) === sampleText
    )
  } finally {
    encoder?.close()
    decoder?.close()
  }
}
