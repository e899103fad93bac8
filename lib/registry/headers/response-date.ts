/** Parses the header `Date` of a response (RFC 9110 §6.6.1). */
import type { IncomingHttpHeaders } from 'node:http'

/** Returns the date in milliseconds since 1970, as a field; no field if the header is missing or malformed. */
export function responseDate({ date }: Pick<IncomingHttpHeaders, 'date'>): { readonly date?: number } {
  const at = Date.parse(date ?? '')
  return Number.isNaN(at) ? {} : { date: at }
}
