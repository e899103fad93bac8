/**
 * Matches names of repositories against the prefixes in `registries.conf`, and rewrites them.
 *
 * Source: containers-registries.conf(5), and c/image, pkg/sysregistriesv2/system_registries_v2.go.
 */

/**
 * Returns the length of the part of a name that a prefix covers; undefined if it covers none. `*.example.com` covers the
 * host, without its port, of names in its subdomains.
 * @param name - a registry, or a registry and repository: `quay.io:443/team/app`
 */
export function coveredLength(name: string, prefix: string): number | undefined {
  if (prefix.startsWith('*.')) {
    const [host = ''] = /^(?:\[[^\]]*\]|[^:/]*)/.exec(name) ?? []
    return host.endsWith(prefix.slice(1)) ? host.length : undefined
  }
  if (prefix === '' || !name.startsWith(prefix)) return undefined
  // A prefix `example.com` also covers `example.com:5000`.
  return name.length === prefix.length || [':', '/'].includes(name[prefix.length] ?? '')
    ? prefix.length
    : undefined
}

/** Returns the item with the longest prefix that covers a name; the first of several. Undefined if none does. */
export function longestPrefix<Item extends { readonly prefix: string }>(
  items: Iterable<Item>,
  name: string,
): Item | undefined {
  let longest: Item | undefined
  for (const item of items)
    if (item.prefix.length > (longest?.prefix.length ?? 0) && coveredLength(name, item.prefix) !== undefined)
      longest = item
  return longest
}

/** Returns a name with the part that `prefix` covers replaced by `location`. An empty location changes nothing. */
export const rewriteName = (name: string, prefix: string, location: string): string =>
  location === '' ? name : location + name.slice(coveredLength(name, prefix) ?? 0)
