/** Converts file system errors of writing a layout to WindlassErrors. */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/index.js'
import { diskMeaning } from '../../system/disk-meaning.js'
import { errnoOf } from '../../system/errno.js'

/** What is wrong with the path, by the name of the system error. */
const pathProblems: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'it is a symbolic link',
  EEXIST: 'it exists and is not a directory',
  ENOENT: 'a part of the path does not exist',
}

/** Hint for a path that cannot be a layout. */
export const otherDirectoryHint = 'Name an OCI image layout, or an empty or new directory.'

/**
 * Returns `error` as STORE_FULL, STORE_DENIED, STORE_READ_ONLY, STORE_CORRUPT or STORE_IO. A WindlassError is returned
 * unchanged.
 * @param action what was attempted, as an infinitive: `write a blob`
 * @param path the path that was accessed
 */
export function layoutError(error: unknown, action: string, path: string): WindlassError {
  if (error instanceof WindlassError) return error
  const meaning = diskMeaning(error, path, 'layout')
  const pathProblem = pathProblems[errnoOf(error) ?? '']
  const says = meaning?.says ?? pathProblem ?? (error instanceof Error ? error.message : String(error))
  const code = meaning?.code ?? (pathProblem === undefined ? 'STORE_IO' : 'STORE_CORRUPT')
  return new WindlassError(code, `Failed to ${action} at ${printable(path)}: ${says}`, {
    ...{ path, cause: error },
    ...(meaning && { hint: meaning.hint }),
    ...(pathProblem !== undefined && { hint: otherDirectoryHint }),
  })
}

/** Runs `work` and converts its errors with `layoutError`. */
export async function withLayoutErrors<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw layoutError(error, action, path)
  }
}
