/**
 * Decompresses zstd with the reference library (`libzstd.so.1`) if the system has it. Node's zlib has a zstd decoder
 * only since 22.15 and 23.8, and the JavaScript decoder supports windows of up to 32 MiB. If the library is missing or
 * has an unknown layout, `openUnzstd` returns undefined and the caller uses another decoder.
 */
import {
  callAsync,
  loadLibzstd,
  type Pointer,
  type Result,
  StreamBuffers,
  type StreamFunction,
} from './libzstd.js'

/** The parameter `ZSTD_d_windowLogMax` (zstd.h). */
const windowLogMax = 100
/** Binary logarithm of the maximum window size of 128 MiB. Frames with larger windows are rejected. */
const maxWindowLog = 27

/** Reports invalid compressed input, with the message of the library. */
export class UnzstdError extends Error {
  override readonly name = 'UnzstdError'
}

/**
 * A decoder for zstd frames, one after the other, including skippable frames. Calls must not overlap. The caller must
 * close the decoder, because V8 does not manage its memory.
 */
export interface Unzstd {
  /** Maximum number of bytes that `setInput` accepts at once. */
  readonly capacity: number
  /** Number of bytes of the input that are not yet consumed. */
  readonly unconsumed: number
  /** Whether the current frame has ended, so that another may start. */
  readonly hasEnded: boolean
  /** Copies up to `capacity` bytes of `input` and returns their number. Discards the rest of the previous input. */
  setInput(input: Uint8Array): number
  /**
   * Decompresses into `output` on a thread of the pool and returns the number of bytes written. It is less than
   * `output.length` if the input is consumed or the frame has ended. The caller must not use `output` until the promise
   * settles.
   * @throws UnzstdError when the input is invalid
   */
  decompress(output: Buffer): Promise<number>
  /**
   * Like `decompress`, but in the calling thread: faster for small outputs. @throws UnzstdError when the input is
   * invalid
   */
  decompressSync(output: Buffer): number
  /** Frees the decoder. No call may be in progress. A second call has no effect. */
  close(): void
}

interface Library {
  readonly address: (buffer: Buffer) => bigint
  readonly create: () => Pointer | null
  readonly free: (decoder: Pointer) => unknown
  readonly set: (decoder: Pointer, parameter: number, value: number) => Result
  /** Returns 0 at the end of a frame, a positive number before it, and a negative one for an error. */
  readonly decompress: StreamFunction<[]>
  readonly errorName: (result: Result) => string
}

/** Undefined before the first use; false if the library is not usable. */
let loaded: Library | false | undefined

/**
 * Creates a decoder. Returns undefined if the library is missing, unusable, out of memory, or disabled with
 * `WINDLASS_ZSTD=0`.
 */
export function openUnzstd(): Unzstd | undefined {
  loaded ??= load() ?? false
  return loaded === false ? undefined : newDecoder(loaded)
}

function newDecoder(library: Library): LibZstd | undefined {
  const decoder = library.create()
  if (decoder === null) return undefined
  if (library.set(decoder, windowLogMax, maxWindowLog) >= 0) return new LibZstd(library, decoder)
  library.free(decoder)
  return undefined
}

class LibZstd implements Unzstd {
  hasEnded = true
  readonly #library: Library
  readonly #decoder: Pointer
  readonly #buffers: StreamBuffers
  #closed = false

  constructor(library: Library, decoder: Pointer) {
    this.#library = library
    this.#decoder = decoder
    this.#buffers = new StreamBuffers(library.address)
  }

  get capacity(): number {
    return this.#buffers.capacity
  }

  get unconsumed(): number {
    return this.#buffers.unconsumed
  }

  setInput(input: Uint8Array): number {
    return this.#buffers.setInput(input)
  }

  async decompress(output: Buffer): Promise<number> {
    this.#setOutput(output)
    return this.#written(await callAsync(this.#library.decompress, this.#decoder, this.#buffers))
  }

  decompressSync(output: Buffer): number {
    this.#setOutput(output)
    return this.#written(this.#library.decompress(this.#decoder, this.#buffers.out, this.#buffers.in))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#library.free(this.#decoder)
  }

  #setOutput(output: Buffer): void {
    if (this.#closed) throw new UnzstdError('the decoder is closed')
    this.#buffers.setOutput(output)
  }

  #written(result: Result): number {
    if (result < 0) throw new UnzstdError(this.#library.errorName(result))
    this.hasEnded = Number(result) === 0
    return this.#buffers.written
  }
}

function load(): Library | undefined {
  try {
    const loaded = loadLibzstd()
    if (loaded === undefined) return undefined
    const { koffi, zstd } = loaded
    const library: Library = {
      address: (buffer) => koffi.address(buffer),
      create: zstd.func('void *ZSTD_createDCtx()'),
      free: zstd.func('size_t ZSTD_freeDCtx(void *decoder)'),
      set: zstd.func('int64_t ZSTD_DCtx_setParameter(void *decoder, int parameter, int value)'),
      decompress: zstd.func('int64_t ZSTD_decompressStream(void *decoder, void *output, void *input)'),
      errorName: zstd.func('const char *ZSTD_getErrorName(int64_t result)'),
    }
    return behavesAsExpected(library) ? library : undefined
  } catch {
    return undefined
  }
}

/** The output of `printf hello | zstd`, a frame with a checksum, and the text that it contains. */
const sample = Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex')
const sampleText = 'hello'

/**
 * Reports whether the library behaves as expected: decompresses two frames, the first in two parts, and checks that a
 * wrong checksum is rejected.
 */
function behavesAsExpected(library: Library): boolean {
  const decoder = newDecoder(library)
  if (decoder === undefined) return false
  try {
    const output = Buffer.allocUnsafeSlow(4096)
    let decoded = ''
    for (const piece of [sample.subarray(0, 12), sample.subarray(12), sample]) {
      decoder.setInput(piece)
      decoded += output.toString('latin1', 0, decoder.decompressSync(output))
      if (decoder.unconsumed !== 0 || decoder.hasEnded !== (piece.length !== 12)) return false
    }
    const wrong = Buffer.from(sample)
    wrong[sample.length - 1]! ^= 1
    decoder.setInput(wrong)
    try {
      decoder.decompressSync(output)
      return false
    } catch (error) {
      return error instanceof UnzstdError && decoded === sampleText + sampleText
    }
  } finally {
    decoder.close()
  }
}
