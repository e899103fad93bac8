/**
 * Parses `registries.conf`, in which Podman, Skopeo, Buildah and CRI-O configure registries, and files of the same form.
 *
 * Source: containers-registries.conf(5), and c/image, pkg/sysregistriesv2/system_registries_v2.go.
 */
import { quoted } from '../../../codec/printable.js'
import { isHost } from '../../../image/reference/grammar.js'
import type { ConfigTable } from '../files/config-table.js'
import { parseToml } from '../files/parse-toml.js'
import { parseAliases, type ShortNameAlias } from './aliases.js'
import { parseRegistryEntry, requireNoConflict, type RegistryEntry } from './registry-entry.js'
import { parseLocation } from './location.js'

/** How names without a registry are resolved if several registries are searched. */
export type ShortNameMode = 'enforcing' | 'permissive' | 'disabled'

const shortNameModes: readonly string[] = ['enforcing', 'permissive', 'disabled'] satisfies ShortNameMode[]

/** The content of a `registries.conf`. */
export interface RegistriesConf {
  readonly path: string
  /** One for each prefix. */
  readonly registries: readonly RegistryEntry[]
  /** Registries to search for names without a registry. Undefined if the file does not set them. */
  readonly searchRegistries?: readonly string[]
  readonly shortNameMode?: ShortNameMode
  /** Names of credential helpers, in the order in which they are asked. Undefined if the file does not set them. */
  readonly credentialHelpers?: readonly string[]
  /** By name without a registry. */
  readonly aliases: ReadonlyMap<string, ShortNameAlias>
}

/**
 * Parses the text of a `registries.conf` in version 1 or 2 of the format.
 * @throws USAGE when it is malformed, or has settings of both versions
 */
export function parseRegistriesConf(text: string, path: string): RegistriesConf {
  const root = parseToml(text, path)
  return isVersion1(root) ? parseVersion1(root) : parseVersion2(root)
}

/**
 * Parses the text of a file in `registries.conf.d`, which must have version 2 of the format.
 * @throws USAGE when it is malformed
 */
export function parseDropIn(text: string, path: string): RegistriesConf {
  const root = parseToml(text, path)
  if (isVersion1(root))
    throw root.fault(
      ['registries'],
      'files in this directory must not have version 1 of the format, with [registries.search]',
    )
  return parseVersion2(root)
}

/**
 * Parses the text of a file in which Podman records aliases. Other settings are ignored.
 * @throws USAGE when it is malformed
 */
export const parseRecordedAliases = (text: string, path: string): RegistriesConf => ({
  ...{ path, registries: [] },
  aliases: parseAliases(parseToml(text, path)),
})

const version1Lists = ['search', 'insecure', 'block'] as const

const listOf = (root: ConfigTable, name: (typeof version1Lists)[number]): readonly string[] | undefined =>
  root.table('registries')?.table(name)?.texts('registries')

const isVersion1 = (root: ConfigTable): boolean =>
  version1Lists.some((name) => listOf(root, name) !== undefined)

const version2Keys = [
  ...['registry', 'unqualified-search-registries', 'short-name-mode', 'aliases', 'credential-helpers'],
]

/** Reads version 1 as version 2 (c/image, `ConvertToV2`). */
function parseVersion1(root: ConfigTable): RegistriesConf {
  const mixed = version2Keys.find((key) => root.value(key) !== undefined)
  if (mixed !== undefined)
    throw root.fault(
      [mixed],
      `${quoted(mixed)} must not occur together with [registries], which is version 1 of the format`,
    )
  const locations = (name: 'insecure' | 'block'): readonly string[] =>
    (listOf(root, name) ?? []).map((each) => parseLocation(each, root, ['registries', name]))
  const [blocked, insecure] = [locations('block'), locations('insecure')]
  const line = root.lineOf(['registries'])
  return {
    path: root.path,
    registries: [...new Set([...blocked, ...insecure])].map((location) => ({
      ...{ path: root.path, prefix: location, location, mirrors: [] },
      ...{ blocked: blocked.includes(location), insecure: insecure.includes(location) },
      ...(line !== undefined && { line }),
    })),
    searchRegistries: parseSearchRegistries(root, listOf(root, 'search') ?? [], ['registries', 'search']),
    aliases: new Map(),
  }
}

function parseVersion2(root: ConfigTable): RegistriesConf {
  const entries = root.tables('registry').map(parseRegistryEntry)
  requireNoConflict(entries)
  const search = root.texts('unqualified-search-registries')
  const mode = root.text('short-name-mode') ?? ''
  const helpers = root.texts('credential-helpers')
  if (mode !== '' && !isShortNameMode(mode))
    throw root.fault(['short-name-mode'], '"short-name-mode" must be enforcing, permissive or disabled')
  return {
    path: root.path,
    // The first of several tables with the same prefix is used.
    registries: [...new Map([...entries].reverse().map((entry) => [entry.prefix, entry])).values()],
    ...(search && {
      searchRegistries: parseSearchRegistries(root, search, ['unqualified-search-registries']),
    }),
    ...(mode !== '' && { shortNameMode: mode }),
    ...(helpers && helpers.length > 0 && { credentialHelpers: helpers }),
    aliases: parseAliases(root),
  }
}

const isShortNameMode = (text: string): text is ShortNameMode => shortNameModes.includes(text)

function parseSearchRegistries(
  root: ConfigTable,
  list: readonly string[],
  at: readonly string[],
): readonly string[] {
  return list.map((each) => {
    const registry = parseLocation(each, root, at)
    if (isHost(registry.replace(/:\d{1,5}$/, ''))) return registry
    throw root.fault(at, `${quoted(registry)} is not the name of a registry`)
  })
}
