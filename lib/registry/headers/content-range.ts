/** Parses `Content-Range` of a 206 or 416 response (RFC 9110 §14.4). */

/** A byte range; `first` and `last` are inclusive. */
export interface ContentRange {
  /** Undefined for an unsatisfied range (`*`). */
  readonly first: number | undefined
  readonly last: number | undefined
  /** Size of the whole representation in bytes; undefined if unknown (`*`). */
  readonly size: number | undefined
}

const pattern = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(?:(\d{1,16})|\*)$/i

/** Parses the header. Returns undefined if it is missing, malformed or inconsistent. */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = pattern.exec(value?.trim() ?? '')
  if (match === null) return undefined
  const [first, last, size] = match
    .slice(1)
    .map((digits: string | undefined) => (digits === undefined ? undefined : Number(digits)))
  if (![first, last, size].every((number) => number === undefined || Number.isSafeInteger(number)))
    return undefined
  if (first !== undefined && last !== undefined && (last < first || (size !== undefined && last >= size)))
    return undefined
  return { first, last, size }
}
