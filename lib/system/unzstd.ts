/**
 * zstd undone by the reference library (`libzstd.so.1`) where the system has it: Node's zlib has a decoder from 22.15 and
 * 23.8 on only, and the one in JavaScript takes no window above 32 MiB. Where the library is not there, or is not what we
 * know, `openUnzstd()` is undefined and whoever asks uses another decoder.
 */
import { endianness } from 'node:os'
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'

/** The oldest version whose parameters can be set (`ZSTD_DCtx_setParameter`, zstd.h). */
const oldestVersion = 10_400
/** `ZSTD_d_windowLogMax`. */
const windowLogMax = 100
/** Binary logarithm of the largest window: 128 MiB. */
const maxWindowLog = 27

/** Where the fields of `ZSTD_inBuffer` and `ZSTD_outBuffer` are, in 64-bit programs. */
const field = { pointer: 0, size: 8, position: 16 } as const
const structBytes = 24

/** What is wrong with the compressed bytes, in the words of the library. */
export class UnzstdError extends Error {
  override readonly name = 'UnzstdError'
}

/** Undoes frames, one after the other, skippable ones too. One call at a time. Close it in the end: its memory is not V8's. */
export interface Unzstd {
  /** How many bytes `give` takes at once. */
  readonly capacity: number
  /** Bytes that were given and not used yet. */
  readonly left: number
  /** Whether the present frame has ended, and another may begin. */
  readonly ended: boolean
  /** Copies the first bytes of `input`, and says how many. What was left of others is forgotten. */
  give(input: Uint8Array): number
  /**
   * Fills `output` on a thread of the pool, and says how many bytes came: fewer than it holds where the input is used up
   * or the frame has ended. `output` must not be touched until then.
   * @throws UnzstdError
   */
  fill(output: Buffer): Promise<number>
  /** The same in this thread: for little, where the hop to another costs more. @throws UnzstdError */
  fillNow(output: Buffer): number
  /** Frees the decoder, which must not be at work. Closing it twice is closing it once. */
  close(): void
}

type Pointer = bigint

interface Library {
  readonly address: (buffer: Buffer) => bigint
  readonly create: () => Pointer | null
  readonly free: (decoder: Pointer) => unknown
  readonly set: (decoder: Pointer, parameter: number, value: number) => number | bigint
  /** What is less than 0 is an error: the library answers with a `size_t`, whose highest values are its errors. */
  readonly decompress: ((decoder: Pointer, output: Buffer, input: Buffer) => number | bigint) & {
    async(
      decoder: Pointer,
      output: Buffer,
      input: Buffer,
      done: (failure: Error | null, result: number | bigint) => void,
    ): void
  }
  readonly errorName: (result: number | bigint) => string
}

let loaded: Library | false | undefined

/** undefined where the library is not there, `WINDLASS_ZSTD=0` forbids it, or there is no memory for a decoder. */
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
  readonly capacity = 256 * 1024
  ended = true
  readonly #library: Library
  readonly #decoder: Pointer
  readonly #input = Buffer.allocUnsafeSlow(this.capacity)
  readonly #in = Buffer.alloc(structBytes)
  readonly #out = Buffer.alloc(structBytes)
  #closed = false

  constructor(library: Library, decoder: Pointer) {
    this.#library = library
    this.#decoder = decoder
    this.#in.writeBigUInt64LE(library.address(this.#input), field.pointer)
  }

  get left(): number {
    return Number(this.#in.readBigUInt64LE(field.size) - this.#in.readBigUInt64LE(field.position))
  }

  give(input: Uint8Array): number {
    const length = Math.min(input.length, this.capacity)
    // A copy, for the library keeps a pointer that the garbage collector knows nothing of.
    this.#input.set(input.subarray(0, length))
    this.#in.writeBigUInt64LE(BigInt(length), field.size)
    this.#in.writeBigUInt64LE(0n, field.position)
    return length
  }

  fill(output: Buffer): Promise<number> {
    this.#aim(output)
    return new Promise((resolve, reject) => {
      this.#library.decompress.async(this.#decoder, this.#out, this.#in, (failure, answer) => {
        if (failure !== null) reject(failure)
        else
          try {
            resolve(this.#made(answer))
          } catch (error) {
            reject(error)
          }
      })
    })
  }

  fillNow(output: Buffer): number {
    this.#aim(output)
    return this.#made(this.#library.decompress(this.#decoder, this.#out, this.#in))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#library.free(this.#decoder)
  }

  #aim(output: Buffer): void {
    if (this.#closed) throw new UnzstdError('the decoder is closed')
    this.#out.writeBigUInt64LE(this.#library.address(output), field.pointer)
    this.#out.writeBigUInt64LE(BigInt(output.length), field.size)
    this.#out.writeBigUInt64LE(0n, field.position)
  }

  #made(answer: number | bigint): number {
    if (answer < 0) throw new UnzstdError(this.#library.errorName(answer))
    this.ended = Number(answer) === 0
    return Number(this.#out.readBigUInt64LE(field.position))
  }
}

function load(): Library | undefined {
  if (process.platform !== 'linux' || endianness() !== 'LE' || process.env['WINDLASS_ZSTD'] === '0')
    return undefined
  if (!['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch)) return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    const zstd = koffi.load('libzstd.so.1')
    const version = zstd.func('unsigned int ZSTD_versionNumber()') as () => number
    if (version() < oldestVersion) return undefined
    const library: Library = {
      address: (buffer) => koffi.address(buffer),
      create: zstd.func('void *ZSTD_createDCtx()'),
      free: zstd.func('size_t ZSTD_freeDCtx(void *decoder)'),
      set: zstd.func('int64_t ZSTD_DCtx_setParameter(void *decoder, int parameter, int value)'),
      decompress: zstd.func('int64_t ZSTD_decompressStream(void *decoder, void *output, void *input)'),
      errorName: zstd.func('const char *ZSTD_getErrorName(int64_t result)'),
    }
    return isKnown(library) ? library : undefined
  } catch {
    return undefined
  }
}

/** `printf hello | zstd`: a frame with a checksum. */
const sample = Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex')
const text = 'hello'

/** Whether the library does what we know: two frames cut in the middle give their text; a wrong checksum is refused. */
function isKnown(library: Library): boolean {
  const decoder = newDecoder(library)
  if (decoder === undefined) return false
  try {
    const output = Buffer.allocUnsafeSlow(4096)
    let got = ''
    for (const piece of [sample.subarray(0, 12), sample.subarray(12), sample]) {
      decoder.give(piece)
      got += output.toString('latin1', 0, decoder.fillNow(output))
      if (decoder.left !== 0 || decoder.ended !== (piece.length !== 12)) return false
    }
    const wrong = Buffer.from(sample)
    wrong[sample.length - 1]! ^= 1
    decoder.give(wrong)
    try {
      decoder.fillNow(output)
      return false
    } catch (error) {
      return error instanceof UnzstdError && got === text + text
    }
  } finally {
    decoder.close()
  }
}
