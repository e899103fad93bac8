/**
 * Resolves names without a registry by the aliases and search registries in `registries.conf`.
 *
 * Source: containers-registries.conf(5), and c/image, pkg/shortnames.
 */
import { parseReference } from '../../../image/reference/parse-reference.js'
import type { ShortNameAlias } from './aliases.js'
import { hasRegistry } from './location.js'
import type { ShortNameMode } from './registries-conf.js'

/** What the files say about names without a registry. */
export interface ShortNames {
  /** By name. */
  readonly aliases: ReadonlyMap<string, ShortNameAlias>
  /** Registries to search for names without an alias, in this order. */
  readonly searchRegistries: readonly string[]
  /** Path of the file that names the search registries. */
  readonly searchedBy?: string
  /**
   * What to do with several candidates: ask the user, and if that is not possible, fail (`enforcing`) or try them all in
   * order (`permissive`, the default); or try them all without asking (`disabled`).
   */
  readonly mode: ShortNameMode
}

/** An image that a name without a registry may mean. */
export interface ShortNameCandidate {
  /** With the tag and digest of the name: `docker.io/library/alpine:3.20`. */
  readonly name: string
  /** Whether an alias names it, or a list of registries to search. */
  readonly origin: 'alias' | 'search'
  /** Path of the file with the alias or list. */
  readonly path: string
}

/**
 * Returns the images that a name may mean, in the order in which they are to be tried. Empty if the name has a registry,
 * or if no file says what it means. A tag or digest is kept.
 * @throws REFERENCE_INVALID when the name, with a registry, is not a reference
 */
export function resolveShortName(name: string, shortNames: ShortNames): readonly ShortNameCandidate[] {
  if (hasRegistry(name)) return []
  const [repository = ''] = /^[^:@]*/.exec(name) ?? []
  const suffix = name.slice(repository.length)
  const alias = shortNames.aliases.get(repository)
  if (alias?.target !== undefined)
    return [{ name: normalize(alias.target + suffix), origin: 'alias', path: alias.path }]
  return shortNames.searchRegistries.map((registry) => ({
    name: normalize(`${registry}/${name}`),
    origin: 'search',
    path: shortNames.searchedBy ?? '',
  }))
}

const normalize = (text: string): string => parseReference(text).toString()
