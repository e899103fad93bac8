/**
 * Provides the C library of this process through koffi, loaded on first use in each thread. `libc()` returns undefined
 * if koffi has no binary for the platform.
 */
import { endianness } from 'node:os'
import type * as Koffi from 'koffi'
import { loadKoffi } from './native/koffi.js'
import { SystemError } from './system-error.js'

type Argument = number | bigint | Buffer | BigInt64Array
type Call = (...values: Argument[]) => number

interface Declared extends Call {
  async(...values: readonly unknown[]): void
}

/** The C library of this process. */
export interface LibC {
  /** Returns a function by its C declaration, or undefined if the library has no such symbol. */
  find(declaration: string): LibCFunction | undefined
}

/** A function of the C library. */
export interface LibCFunction {
  readonly name: string
  /** Calls the function. @throws SystemError with `errno` when the function returns a negative value */
  call(...values: Argument[]): number
  /** Like `call`, but on a thread of the pool, for calls that wait for the disk. */
  callAsync(...values: Argument[]): Promise<number>
}

/** The declarations in this directory assume 64-bit little-endian POSIX platforms. */
const platforms = new Set(['linux', 'darwin', 'freebsd'])
const architectures = new Set(['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'])

/** Undefined before the first use; false if the library cannot be called. */
let loaded: LibC | false | undefined

/** Returns the C library, or undefined if it cannot be called. */
export function libc(): LibC | undefined {
  loaded ??= load() ?? false
  return loaded === false ? undefined : loaded
}

/** Returns a function of the C library by its C declaration. @throws SystemError ENOSYS when it is not available */
export function requireFunction(declaration: string): LibCFunction {
  const found = libc()?.find(declaration)
  if (found === undefined) throw SystemError.of('ENOSYS', functionNameIn(declaration))
  return found
}

const functionNameIn = (declaration: string): string => /(\w+)\s*\(/.exec(declaration)?.[1] ?? declaration

function load(): LibC | undefined {
  if (!platforms.has(process.platform) || !architectures.has(process.arch) || endianness() !== 'LE')
    return undefined
  try {
    const koffi = loadKoffi()
    // null loads the symbols of the process itself, from glibc or musl.
    const library = koffi.load(null)
    const known = new Map<string, LibCFunction | undefined>()
    return {
      find(declaration) {
        if (!known.has(declaration)) known.set(declaration, declare(koffi, library, declaration))
        return known.get(declaration)
      },
    }
  } catch {
    return undefined
  }
}

function declare(
  koffi: typeof Koffi,
  library: Koffi.LibraryHandle,
  declaration: string,
): LibCFunction | undefined {
  const name = functionNameIn(declaration)
  let declared: Declared
  try {
    declared = library.func(declaration)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Cannot find function')) return undefined
    throw error
  }
  return {
    name,
    call(...values) {
      const result = declared(...values)
      if (result < 0) throw new SystemError(koffi.errno(), name)
      return result
    },
    callAsync: (...values) =>
      new Promise((resolve, reject) => {
        declared.async(...values, (failure: unknown, result: number) => {
          // Read immediately: koffi restores the errno of the other thread only during this callback.
          if (failure === null && result < 0) reject(new SystemError(koffi.errno(), name))
          else if (failure === null) resolve(result)
          else reject(failure)
        })
      }),
  }
}
