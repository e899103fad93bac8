/** `Content-Range` of a 206 or 416 answer (RFC 9110 §14.4). */

export interface ContentRange {
  /** Undefined for an unsatisfied range (a star in place of it). */
  readonly first: number | undefined
  readonly last: number | undefined
  /** Size of the whole, where it is told. */
  readonly size: number | undefined
}

const form = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(?:(\d{1,16})|\*)$/i

/** Undefined where there is none, or one that contradicts itself. */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = form.exec(value?.trim() ?? '')
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
