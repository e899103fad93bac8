/** Parses a table `[[registry]]` of `registries.conf`. */
import { quoted } from '../../../codec/printable.js'
import { configFault } from '../files/config-source.js'
import type { ConfigTable } from '../files/config-table.js'
import type { ManifestNames } from '../registry-hosts.js'
import { parseLocation } from './location.js'

/** A place in a registry. */
export interface RegistryEndpoint {
  /** A registry, or a registry and the start of a repository: `mirror.lan:5000/hub`. */
  readonly location: string
  /** Accept any certificate, and use plain HTTP if the host does not support TLS. */
  readonly insecure: boolean
}

/** A mirror of a registry. */
export interface MirrorEndpoint extends RegistryEndpoint {
  readonly manifests: ManifestNames
}

/** The settings of the repositories that a prefix covers. */
export interface RegistryEntry extends RegistryEndpoint {
  /** Path of the file, and the line of the table. */
  readonly path: string
  readonly line?: number
  /** See `coveredLength`. */
  readonly prefix: string
  /** Replaces the prefix. Empty: the names are not changed. */
  readonly location: string
  readonly blocked: boolean
  readonly mirrors: readonly MirrorEndpoint[]
}

/** @throws USAGE when a field is missing or has an invalid value */
export function parseRegistryEntry(table: ConfigTable): RegistryEntry {
  const location = parseLocation(table.text('location') ?? '', table, ['location'])
  const prefix = parseLocation(table.text('prefix') ?? '', table, ['prefix']) || location
  if (prefix === '') throw table.fault([], 'the table [[registry]] has neither "prefix" nor "location"')
  if (prefix.startsWith('*.') && /[/@:]/.test(prefix))
    throw table.fault(['prefix'], `${quoted(prefix)} must have the form *.example.com, without port and path`)
  if (location === '' && !prefix.startsWith('*.'))
    throw table.fault(
      ['prefix'],
      `the table [[registry]] with the prefix ${quoted(prefix)} has no "location"`,
    )
  if (table.text('pull-from-mirror'))
    throw table.fault(['pull-from-mirror'], '"pull-from-mirror" must be in a table [[registry.mirror]]')
  const isByDigestOnly = table.flag('mirror-by-digest-only') ?? false
  const line = table.lineOf([])
  return {
    ...{ path: table.path, prefix, location },
    ...(line !== undefined && { line }),
    insecure: table.flag('insecure') ?? false,
    blocked: table.flag('blocked') ?? false,
    mirrors: table.tables('mirror').map((mirror) => parseMirror(mirror, isByDigestOnly)),
  }
}

const manifestsByRule: Readonly<Record<string, ManifestNames>> = {
  ...{ all: 'all', 'digest-only': 'digests', 'tag-only': 'tags' },
}

function parseMirror(table: ConfigTable, isByDigestOnly: boolean): MirrorEndpoint {
  const location = parseLocation(table.text('location') ?? '', table, ['location'])
  if (location === '') throw table.fault([], 'the table [[registry.mirror]] has no "location"')
  const rule = table.text('pull-from-mirror') ?? ''
  const manifests = rule === '' ? 'all' : manifestsByRule[rule]
  if (manifests === undefined)
    throw table.fault(['pull-from-mirror'], '"pull-from-mirror" must be all, digest-only or tag-only')
  if (isByDigestOnly && rule !== '')
    throw table.fault(
      ['pull-from-mirror'],
      '"pull-from-mirror" must not occur together with "mirror-by-digest-only"',
    )
  return {
    location,
    insecure: table.flag('insecure') ?? false,
    manifests: isByDigestOnly ? 'digests' : manifests,
  }
}

/**
 * Checks that tables with the same location, or the same prefix without a location, agree on how it may be accessed.
 * @throws USAGE when they do not
 */
export function requireNoConflict(entries: readonly RegistryEntry[]): void {
  const byLocation = new Map<string, RegistryEntry>()
  for (const entry of entries) {
    const location = entry.location || entry.prefix
    const other = byLocation.get(location) ?? entry
    byLocation.set(location, other)
    const field = (['insecure', 'blocked'] as const).find((name) => entry[name] !== other[name])
    if (field !== undefined)
      throw configFault(
        entry.path,
        `${quoted(location)} has a different value of "${field}" in an earlier table`,
        entry.line,
      )
  }
}
