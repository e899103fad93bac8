/** Evaluates the conditions of a request for a blob: `Range`, `If-Range`, `If-None-Match` (RFC 9110, sections 13 and 14). */

/** The part of a blob that a request asks for: the whole, a part, or a part that it does not have. */
export type WantedPart =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly from: number; readonly length: number }
  | { readonly kind: 'unsatisfiable' }

const whole: WantedPart = { kind: 'whole' }

/** Returns the part of a blob of `size` bytes. Several ranges, and units other than bytes, are ignored as RFC 9110 allows. */
export function wantedPart(range: string | undefined, size: number): WantedPart {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(range ?? '') ?? []
  if (first === '' && last === '') return whole
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', from: size - length, length }
  }
  const from = Number(first)
  const to = last === '' ? Infinity : Number(last)
  if (to < from) return whole // not a valid range
  if (from >= size) return { kind: 'unsatisfiable' }
  return { kind: 'part', from, length: Math.min(to, size - 1) - from + 1 }
}

/** Reports whether a list of entity tags (`If-None-Match`) contains `tag`. A weak tag counts as well. */
export const listsTag = (header: string | undefined, tag: string): boolean =>
  (header ?? '').split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === tag)
