/** Finds the reference library of zstd (`libzstd.so.1`), and describes the buffers that its streaming functions use. */
import { constants, endianness } from 'node:os'
import type * as Koffi from 'koffi'
import { loadKoffi } from '../native/koffi.js'

/**
 * 1.4.0, the first version with stable parameters and streaming (`ZSTD_DCtx_setParameter`, `ZSTD_compressStream2`,
 * zstd.h).
 */
const oldestVersion = 10_400

/** Offsets of the fields of `ZSTD_inBuffer` and `ZSTD_outBuffer` on 64-bit platforms. */
const fieldOffsets = { pointer: 0, size: 8, position: 16 } as const
const structBytes = 24

/** The address of a context of the library. */
export type Pointer = bigint

/**
 * The result of a function that returns a `size_t` whose highest values are error codes. It is declared as a signed
 * number, so that errors are negative.
 */
export type Result = number | bigint

/** A function `(context, output, input, …more)` of the library, in this thread or on a thread of the pool. */
export type StreamFunction<More extends readonly unknown[]> = ((
  context: Pointer,
  output: Buffer,
  input: Buffer,
  ...more: More
) => Result) & {
  async(
    ...parameters: [Pointer, Buffer, Buffer, ...More, (failure: Error | null, result: Result) => void]
  ): void
}

/**
 * Loads the library. Returns undefined on platforms with another layout of its structs, if it is older than 1.4.0, or if
 * `WINDLASS_ZSTD=0` disables it.
 * @throws an error of koffi or of the dynamic linker if koffi or the library is not installed
 */
export function loadLibzstd(): { koffi: typeof Koffi; zstd: Koffi.LibraryHandle } | undefined {
  if (process.platform !== 'linux' || endianness() !== 'LE' || process.env['WINDLASS_ZSTD'] === '0')
    return undefined
  if (!['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch)) return undefined
  if (!isSeparable()) return undefined
  const koffi = loadKoffi()
  // Node exports the functions of its own zstd under the same names. Without RTLD_DEEPBIND, functions of the library
  // would call those of Node, which may be of another version with other structs.
  const zstd = koffi.load('libzstd.so.1', { deep: true })
  const version = zstd.func('unsigned int ZSTD_versionNumber()') as () => number
  return version() < oldestVersion ? undefined : { koffi, zstd }
}

/** Reports whether the library can be kept apart from the zstd of Node: Node has none, or the linker can (not musl's). */
const isSeparable = (): boolean =>
  process.versions['zstd'] === undefined || 'RTLD_DEEPBIND' in constants.dlopen

/** The input and the output of a call, as the structs that the library reads and updates. */
export class StreamBuffers {
  /** Maximum number of bytes of input. */
  readonly capacity = 256 * 1024
  readonly in = Buffer.alloc(structBytes)
  readonly out = Buffer.alloc(structBytes)
  // The library keeps pointers, which the garbage collector does not track. So the input is copied to a buffer that lives
  // as long as the struct.
  readonly #input = Buffer.allocUnsafeSlow(this.capacity)
  readonly #address: (buffer: Buffer) => bigint
  // Keeps the output alive during a call on another thread.
  #output: Buffer | undefined

  constructor(address: (buffer: Buffer) => bigint) {
    this.#address = address
    this.in.writeBigUInt64LE(address(this.#input), fieldOffsets.pointer)
  }

  /** Number of bytes of the input. */
  get inputLength(): number {
    return Number(this.in.readBigUInt64LE(fieldOffsets.size))
  }

  /** Number of bytes of the input that the library has not consumed. */
  get unconsumed(): number {
    return this.inputLength - Number(this.in.readBigUInt64LE(fieldOffsets.position))
  }

  /** Number of bytes that the last call wrote. */
  get written(): number {
    return Number(this.out.readBigUInt64LE(fieldOffsets.position))
  }

  /** Replaces the input by the first bytes of `input`, up to `capacity`, and returns their number. */
  setInput(input: Uint8Array): number {
    this.clearInput()
    return this.addInput(input)
  }

  /** Appends the first bytes of `input` to the input, up to `capacity`, and returns their number. */
  addInput(input: Uint8Array): number {
    const { inputLength } = this
    const length = Math.min(input.length, this.capacity - inputLength)
    this.#input.set(input.subarray(0, length), inputLength)
    this.in.writeBigUInt64LE(BigInt(inputLength + length), fieldOffsets.size)
    return length
  }

  /** Discards the input. */
  clearInput(): void {
    this.in.writeBigUInt64LE(0n, fieldOffsets.size)
    this.in.writeBigUInt64LE(0n, fieldOffsets.position)
  }

  /** Sets the buffer that the next call writes to. */
  setOutput(output: Buffer): void {
    this.#output = output
    this.out.writeBigUInt64LE(this.#address(this.#output), fieldOffsets.pointer)
    this.out.writeBigUInt64LE(BigInt(output.length), fieldOffsets.size)
    this.out.writeBigUInt64LE(0n, fieldOffsets.position)
  }
}

/** Calls a function of the library on a thread of the pool. */
export const callAsync = <More extends readonly unknown[]>(
  call: StreamFunction<More>,
  context: Pointer,
  { in: input, out }: StreamBuffers,
  ...more: More
): Promise<Result> =>
  new Promise((resolve, reject) => {
    call.async(context, out, input, ...more, (failure, result) => {
      if (failure === null) resolve(result)
      else reject(failure)
    })
  })
