/**
 * gzip undone by Intel's ISA-L (`libisal.so.2`) where the system has it: 1.6 to 5 times as fast as zlib. containerd
 * uses the same library, as the program `igzip`, for the same reason. Where it is not there, or is not what we know,
 * `openGunzip()` is undefined and whoever asks uses zlib.
 */
import { endianness } from 'node:os'
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'

/** Where the fields of `struct inflate_state` (isa-l/igzip_lib.h) are that are public, in 64-bit programs. */
const field = { nextOut: 0, availOut: 8, nextIn: 16, availIn: 32, blockState: 21160, crcFlag: 21172 } as const
/** More than the struct has in any version of this soname: 87,368 bytes in 2.30 and 2.31. */
const stateBytes = 2 ** 18
/** `ISAL_GZIP_NO_HDR_VER`: the trailer is read and held against the data, a header is not looked for. */
const verifyTrailer = 6
const finished = 5

/** What `isal_inflate` answers when something is wrong with the bytes. */
const refusals: Readonly<Record<number, string>> = {
  [-1]: 'invalid block',
  [-2]: 'invalid symbol',
  [-3]: 'invalid distance too far back',
  [-6]: 'incorrect data check or incorrect length check',
  6: 'it needs a dictionary',
}

/** What is wrong with the compressed bytes, in words; whoever asked knows what they are. */
export class GunzipError extends Error {
  override readonly name = 'GunzipError'
}

/** Undoes members, one after the other, of which the caller has taken the headers. One call at a time. */
export interface Gunzip {
  /** How many bytes `give` takes at once. */
  readonly capacity: number
  /** Bytes that were given and not used yet. */
  readonly left: number
  /** Whether the present member has ended, its checksum and length included: `next` begins another. */
  readonly ended: boolean
  /** Copies the first bytes of `input`, and says how many. What was left of others is forgotten. */
  give(input: Uint8Array): number
  /**
   * Fills `output` on a thread of the pool, and says how many bytes came: fewer than it holds where the input is used up
   * or the member has ended. `output` must not be touched until then.
   * @throws GunzipError
   */
  fill(output: Buffer): Promise<number>
  /** The same in this thread: for little, where the hop to another costs more. @throws GunzipError */
  fillNow(output: Buffer): number
  /** Begins another member. */
  next(): void
}

interface Library {
  readonly address: (buffer: Buffer) => bigint
  readonly init: (state: Buffer) => void
  readonly inflate: ((state: Buffer) => number) & {
    async(state: Buffer, done: (failure: Error | null, result: number) => void): void
  }
}

let loaded: Library | false | undefined

/** undefined where the library is not there or `WINDLASS_ISAL=0` forbids it. */
export function openGunzip(): Gunzip | undefined {
  loaded ??= load() ?? false
  return loaded === false ? undefined : new IsalGunzip(loaded)
}

class IsalGunzip implements Gunzip {
  readonly capacity = 256 * 1024
  readonly #library: Library
  readonly #state = Buffer.allocUnsafeSlow(stateBytes).fill(0)
  readonly #input = Buffer.allocUnsafeSlow(this.capacity)

  constructor(library: Library) {
    this.#library = library
    this.next()
  }

  get left(): number {
    return this.#state.readUInt32LE(field.availIn)
  }

  get ended(): boolean {
    return this.#state.readInt32LE(field.blockState) === finished
  }

  give(input: Uint8Array): number {
    const length = Math.min(input.length, this.capacity)
    // A copy, for the library keeps a pointer that the garbage collector knows nothing of.
    this.#input.set(input.subarray(0, length))
    this.#state.writeBigUInt64LE(this.#library.address(this.#input), field.nextIn)
    this.#state.writeUInt32LE(length, field.availIn)
    return length
  }

  fill(output: Buffer): Promise<number> {
    this.#aim(output)
    return new Promise((resolve, reject) => {
      this.#library.inflate.async(this.#state, (failure, answer) => {
        if (failure !== null) reject(failure)
        else
          try {
            resolve(this.#made(output, answer))
          } catch (error) {
            reject(error)
          }
      })
    })
  }

  fillNow(output: Buffer): number {
    this.#aim(output)
    return this.#made(output, this.#library.inflate(this.#state))
  }

  next(): void {
    this.#library.init(this.#state)
    this.#state.writeUInt32LE(verifyTrailer, field.crcFlag)
  }

  #aim(output: Buffer): void {
    this.#state.writeBigUInt64LE(this.#library.address(output), field.nextOut)
    this.#state.writeUInt32LE(output.length, field.availOut)
  }

  #made(output: Buffer, answer: number): number {
    const refusal = refusals[answer] ?? (answer < 0 ? `error ${answer} of ISA-L` : undefined)
    if (refusal !== undefined) throw new GunzipError(refusal)
    return output.length - this.#state.readUInt32LE(field.availOut)
  }
}

function load(): Library | undefined {
  if (process.platform !== 'linux' || endianness() !== 'LE' || process.env['WINDLASS_ISAL'] === '0')
    return undefined
  if (process.arch !== 'x64' && process.arch !== 'arm64') return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    const isal = koffi.load('libisal.so.2')
    const library: Library = {
      address: (buffer) => koffi.address(buffer),
      init: isal.func('void isal_inflate_init(void *state)'),
      inflate: isal.func('int isal_inflate(void *state)'),
    }
    return isKnown(library) ? library : undefined
  } catch {
    return undefined
  }
}

/** `printf hello | gzip -n` without its header, and its text. */
const sample = Buffer.from('cb48cdc9c9070086a6103605000000', 'hex')
const text = 'hello'

/**
 * Whether the library does what it does in the versions we know: another layout of its struct would have it write where
 * nothing is ours. Two members cut in the middle give their text; a wrong checksum is refused.
 */
function isKnown(library: Library): boolean {
  const output = Buffer.allocUnsafeSlow(4096)
  const gunzip = new IsalGunzip(library)
  let got = ''
  for (const piece of [sample.subarray(0, 5), sample.subarray(5), sample]) {
    gunzip.give(piece)
    got += output.toString('latin1', 0, gunzip.fillNow(output))
    if (gunzip.left !== 0 || gunzip.ended !== (piece.length !== 5)) return false
    if (gunzip.ended) gunzip.next()
  }
  const wrong = Buffer.from(sample)
  wrong[sample.length - 8]! ^= 1
  try {
    gunzip.give(wrong)
    gunzip.fillNow(output)
    return false
  } catch (error) {
    return error instanceof GunzipError && got === text + text
  }
}
