/** A part of a blob, for the one kind of range that clients of registries ask for: from a byte on, or from one to another. */
import { answer, type Answer } from './answer.js'

export interface RangeHeaders {
  readonly range: string | undefined
  readonly ifRange: string | undefined
}

/** 206 with the part, 416 beyond the end, or the whole with 200 where no range applies (RFC 9110 §14.2). */
export function ranged(
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
