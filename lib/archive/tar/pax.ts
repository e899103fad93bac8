/** Parses pax extended headers: records of the form `<length> <key>=<value>\n` (POSIX.1-2001, pax). */
import { parseInt64 } from './numbers.js'
import { invalidArchiveError } from './refusal.js'

/** Keys and values as latin1. The last value of a repeated key wins. A key with an empty value is kept. */
export type PaxRecords = ReadonlyMap<string, string>

/** An empty set of records. */
export const noRecords: PaxRecords = new Map()

const sparseOffset = 'GNU.sparse.offset'
const sparseLength = 'GNU.sparse.numbytes'
/** Keys whose values must not contain a NUL byte. */
const nulFreeKeys: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname'])

/**
 * Parses the body of an extended header. Like Go's archive/tar, rejects malformed records instead of skipping them.
 * Converts the repeated keys of GNU sparse format 0.0 to the one key of format 0.1, `GNU.sparse.map`.
 * @throws WindlassError LAYER_INVALID
 */
export function parsePax(body: Buffer): PaxRecords {
  const text = body.toString('latin1')
  const records = new Map<string, string>()
  const sparse: string[] = []
  for (let at = 0; at < text.length;) {
    const { key, value, next } = parseRecord(text, at)
    if (key === sparseOffset || key === sparseLength) {
      if (key !== (sparse.length % 2 === 0 ? sparseOffset : sparseLength) || value.includes(','))
        throw invalidArchiveError('the sparse map of a pax header is malformed')
      sparse.push(value)
    } else records.set(key, value)
    at = next
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','))
  return records
}

function parseRecord(text: string, at: number): { key: string; value: string; next: number } {
  const space = text.indexOf(' ', at)
  const length = space < 0 ? undefined : parseInt64(text.slice(at, space))
  if (typeof length !== 'number' || length < 5 || length > text.length - at) throw malformedError()
  const next = at + length
  if (next <= space + 1 || text[next - 1] !== '\n') throw malformedError()
  const equals = text.indexOf('=', space + 1)
  if (equals < 0 || equals >= next) throw malformedError()
  const key = text.slice(space + 1, equals)
  const value = text.slice(equals + 1, next - 1)
  if (key === '' || key.includes('\0')) throw malformedError()
  if (nulFreeKeys.has(key) && value.includes('\0'))
    throw invalidArchiveError(`the pax record ${key} contains a NUL byte`)
  return { key, value, next }
}

const malformedError = (): Error => invalidArchiveError('a record of a pax header is malformed')
