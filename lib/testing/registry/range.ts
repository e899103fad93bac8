/** Implements range requests of the form `bytes=FIRST-` and `bytes=FIRST-LAST`, which clients of registries use. */
import { answer, type Answer } from './answer.js'

/** Request headers that select a range. */
export interface RangeHeaders {
  readonly range: string | undefined
  readonly ifRange: string | undefined
}

/**
 * Responds to a range request (RFC 9110 §14.2): 206 with the range, 416 if the range begins after the end, or 200 with
 * all bytes if no range applies.
 */
export function respondRange(
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
  { range, ifRange }: RangeHeaders,
): Answer {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (from === undefined || (ifRange !== undefined && ifRange !== headers['etag']))
    return answer(200, headers, bytes)
  const first = Number(from)
  if (first >= bytes.length) return answer(416, { 'content-range': `bytes */${bytes.length}` })
  const last = Math.min(to === undefined || to === '' ? Infinity : Number(to), bytes.length - 1)
  const part = { ...headers, 'content-range': `bytes ${first}-${last}/${bytes.length}` }
  return answer(206, part, bytes.subarray(first, last + 1))
}
