/** Parses the locations, prefixes and names in `registries.conf`. */
import { quoted } from '../../../codec/printable.js'
import type { ConfigPath } from '../files/config-source.js'
import type { ConfigTable } from '../files/config-table.js'

/**
 * Returns a location in lower case, without slashes at its end.
 * @param at - the field, for errors
 * @throws USAGE when it starts with a scheme
 */
export function parseLocation(text: string, table: ConfigTable, at: ConfigPath): string {
  if (/^https?:\/\//i.test(text))
    throw table.fault(at, `${quoted(text)} must not start with a scheme: set "insecure" to allow plain HTTP`)
  return text.replace(/\/+$/, '').toLowerCase()
}

/** Reports whether a name starts with a registry: a component with a dot or a colon, or `localhost`. */
export function hasRegistry(name: string): boolean {
  const first = name.includes('/') ? name.slice(0, name.indexOf('/')) : ''
  return /[.:]/.test(first) || first === 'localhost'
}
