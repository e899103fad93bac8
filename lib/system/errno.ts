/** Which error of the system a call failed with, by its name. */
import { constants } from 'node:os'

/** Those that Node itself has no name for: it says `Unknown system error -122` of a quota that is used up. */
const unnamed = new Map<number, string>([[constants.errno.EDQUOT, 'EDQUOT']])

/** The name of a system error, such as `ENOENT`; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (!('errno' in error) || typeof error.errno !== 'number') return error.code
  return unnamed.get(-error.errno) ?? error.code
}
