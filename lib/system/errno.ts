/** Names system errors. */
import { constants } from 'node:os'

/** Errors without a name in Node: it reports EDQUOT as `Unknown system error -122`. */
const namesMissingInNode = new Map<number, string>([[constants.errno.EDQUOT, 'EDQUOT']])

/** Returns the name of a system error, for example `ENOENT`, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (!('errno' in error) || typeof error.errno !== 'number') return error.code
  return namesMissingInNode.get(-error.errno) ?? error.code
}
