/** Parses the additional request headers of a host in `hosts.toml`. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { quoted } from '../../../codec/printable.js'
import { type ConfigTable, isTextList } from '../files/config-table.js'

/** Headers that HTTP clients set themselves, as they describe the connection or the length of the body. */
const ownHeaders = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
])

/**
 * Returns the headers in the table `header`, with names in lower case. Several values of a header are joined by commas.
 * Headers of the connection are ignored.
 * @throws USAGE when a name or value is not allowed in HTTP; the message has no value
 */
export function parseHeaders(table: ConfigTable): Readonly<Record<string, string>> {
  const header = table.table('header')
  const headers: [string, string][] = []
  for (const key of header?.keys ?? []) {
    const value = header?.value(key)
    const values = typeof value === 'string' ? [value] : value
    if (!isTextList(values))
      throw table.fault(
        ['header', key],
        `the header ${quoted(key, 60)} must be a string or an array of strings`,
      )
    const name = key.toLowerCase()
    if (ownHeaders.has(name)) continue
    const text = values.join(', ')
    if (!isAllowed(name, text))
      throw table.fault(
        ['header', key],
        `the header ${quoted(key, 60)} has a name or value that HTTP does not allow`,
      )
    headers.push([name, text])
  }
  return Object.fromEntries(headers)
}

function isAllowed(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}
