/** Combines the files of `registries.conf` into one configuration. */
import type { RegistryEntry } from './registry-entry.js'
import type { RegistriesConf } from './registries-conf.js'
import type { ShortNames } from './short-name.js'

/** The combined configuration. */
export interface Registries {
  /** One for each prefix. */
  readonly registries: readonly RegistryEntry[]
  readonly shortNames: ShortNames
  /** Names of credential helpers, in the order in which they are asked. */
  readonly credentialHelpers: readonly string[]
}

/**
 * Combines files, the last of which have precedence: per prefix, per alias, and for the lists of search registries and of
 * credential helpers as a whole.
 *
 * Source: containers-registries.conf.d(5), and c/image, `updateWithConfigurationFrom`.
 */
export function mergeRegistries(files: readonly RegistriesConf[]): Registries {
  const lastWith = (key: keyof RegistriesConf): RegistriesConf | undefined =>
    files.findLast((file) => file[key] !== undefined)
  const search = lastWith('searchRegistries')
  return {
    registries: [
      ...new Map(
        files.flatMap(({ registries }) => registries.map((entry) => [entry.prefix, entry])),
      ).values(),
    ],
    credentialHelpers: lastWith('credentialHelpers')?.credentialHelpers ?? [],
    shortNames: {
      aliases: new Map(files.flatMap(({ aliases }) => [...aliases])),
      searchRegistries: search?.searchRegistries ?? [],
      ...(search && { searchedBy: search.path }),
      mode: lastWith('shortNameMode')?.shortNameMode ?? 'permissive',
    },
  }
}
