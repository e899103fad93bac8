/** Parses the aliases of names without a registry. */
import { quoted } from '../../../codec/printable.js'
import { WindlassError } from '../../../errors.js'
import { isRepository } from '../../../image/reference/grammar.js'
import { parseReference } from '../../../image/reference/parse-reference.js'
import type { ConfigTable } from '../files/config-table.js'
import { hasRegistry } from './location.js'

/** The meaning of a name without a registry. */
export interface ShortNameAlias {
  /** A registry and repository: `docker.io/library/alpine`. Undefined if the file removes an earlier alias. */
  readonly target: string | undefined
  /** Path of the file. */
  readonly path: string
}

/**
 * Returns the aliases in the table `aliases`.
 * @throws USAGE when a name has a registry, a tag or a digest, or when a value has no registry, or a tag or digest
 */
export function parseAliases(root: ConfigTable): ReadonlyMap<string, ShortNameAlias> {
  const table = root.table('aliases')
  const aliases = new Map<string, ShortNameAlias>()
  for (const name of table?.keys ?? []) {
    const value = table?.text(name) ?? ''
    if (!isRepository(name) || hasRegistry(name))
      throw root.fault(
        ['aliases', name],
        `the alias ${quoted(name)} must be a name without registry, tag and digest`,
      )
    const target = value === '' ? undefined : parseTarget(value)
    if (target === undefined && value !== '')
      throw root.fault(
        ['aliases', name],
        `the value of the alias ${quoted(name)} must be a registry and a repository, without tag and digest`,
      )
    aliases.set(name, { target, path: root.path })
  }
  return aliases
}

function parseTarget(text: string): string | undefined {
  try {
    const { registry, repository, tag, digest } = parseReference(text)
    return hasRegistry(text) && (tag ?? digest) === undefined ? `${registry}/${repository}` : undefined
  } catch (error) {
    if (error instanceof WindlassError) return undefined
    throw error
  }
}
