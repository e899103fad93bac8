/** What a refused system call means to a pull: the error of the store or of the layer that it stands for. */
import { type ErrorCode, WindlassError } from '../../errors.js'
import { quoted } from '../tar/refusal.js'

const meanings: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['STORE_FULL', 'Make room on the file system of the store and pull again.'],
  EDQUOT: ['STORE_FULL', 'The disk quota is used up: make room and pull again.'],
  EROFS: ['STORE_READ_ONLY', 'The file system is mounted read-only: choose another directory.'],
  EACCES: ['STORE_DENIED', 'Choose a directory that this user may write to.'],
  EPERM: ['STORE_DENIED', 'The system refuses this to the user: run as root, or choose another file system.'],
  ENAMETOOLONG: [
    'LAYER_INVALID',
    'The name is longer than the file system allows; the layer cannot be unpacked here.',
  ],
  ELOOP: ['LAYER_INVALID', 'The layer is damaged or hostile; nothing of it is kept.'],
}

/** LAYER_INVALID about one entry: `what` is a clause that follows its name. `path` is latin1. */
export function invalidEntry(
  path: string,
  what: string,
  hint = 'The layer is damaged or hostile; nothing of it is kept.',
): WindlassError {
  return new WindlassError('LAYER_INVALID', `Unpacking ${quoted(path)} failed: ${what}`, { hint })
}

/** `error`, thrown by a system call while unpacking the entry `path` (latin1), as a WindlassError. */
export function failure(path: string, error: unknown): WindlassError {
  if (error instanceof WindlassError) return error
  const code = errnoOf(error)
  const [meaning, hint] = meanings[code ?? ''] ?? ['STORE_IO', undefined]
  const said = error instanceof Error ? error.message.replace(/[^\x20-\x7e].*$/s, '…') : String(error)
  return new WindlassError(
    meaning,
    `Unpacking ${quoted(path)} failed: ${code === undefined ? said : described(code, said)}`,
    {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

/** The name of a system error, such as `EEXIST`; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** `EPERM: operation not permitted, open`: without the path, which may hold any bytes and is said already. */
const described = (code: string, said: string): string =>
  said.startsWith(code) ? said.replace(/ '.*$/s, '') : `${code}: ${said}`
