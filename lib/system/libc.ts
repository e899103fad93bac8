/**
 * The C library of this process, through koffi's foreign function calls. Loaded on first use and once a
 * thread; where koffi has no binary for the platform, `libc()` is undefined and whoever asks does without.
 */
import { endianness } from 'node:os'
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { SystemError } from './system-error.js'

type Argument = number | bigint | Buffer | BigInt64Array
type Call = (...values: Argument[]) => number

interface Declared extends Call {
  async(...values: readonly unknown[]): void
}

export interface LibC {
  /** A function of the C library by its C declaration; undefined where the library has no such symbol. */
  find(declaration: string): LibCFunction | undefined
}

export interface LibCFunction {
  readonly name: string
  /** Calls it. @throws SystemError with the `errno` of the call where it returns less than 0 */
  call(...values: Argument[]): number
  /** The same on a thread of the pool, for calls that wait for a disk. */
  callAsync(...values: Argument[]): Promise<number>
}

/** 64-bit little-endian POSIX: the ABI that the declarations of this folder are written for. */
const platforms = new Set(['linux', 'darwin', 'freebsd'])
const architectures = new Set(['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'])

let loaded: LibC | false | undefined

/** The C library, or undefined where it cannot be called. */
export function libc(): LibC | undefined {
  loaded ??= load() ?? false
  return loaded === false ? undefined : loaded
}

/** A function of the C library by its C declaration. @throws SystemError ENOSYS where there is none */
export function need(declaration: string): LibCFunction {
  const found = libc()?.find(declaration)
  if (found === undefined) throw SystemError.of('ENOSYS', nameIn(declaration))
  return found
}

const nameIn = (declaration: string): string => /(\w+)\s*\(/.exec(declaration)?.[1] ?? declaration

function load(): LibC | undefined {
  if (!platforms.has(process.platform) || !architectures.has(process.arch) || endianness() !== 'LE')
    return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    // Without a name: what the process has loaded already, be it glibc or musl.
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
  const name = nameIn(declaration)
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
          // Read at once: koffi restores the errno of the other thread for this callback only.
          if (failure === null && result < 0) reject(new SystemError(koffi.errno(), name))
          else if (failure === null) resolve(result)
          else reject(failure)
        })
      }),
  }
}
