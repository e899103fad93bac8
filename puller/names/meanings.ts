/** Says what names without a registry mean. */
import { parseImageName } from '../../lib/image/index.js'
import { type ShortNameCandidate, type ShortNames, resolveShortName } from '../../lib/registry/index.js'
import type { OpenOptions } from '../options/options.js'
import { configuredHosts, shortNamesOf } from '../options/registries-for.js'

/** An image or a repository that a name without a registry may mean. */
export interface Meaning {
  /** With a registry, and with the tag and digest of the name. */
  readonly name: string
  /** Says which file gives the name this meaning: `an alias in /etc/containers/registries.conf`. */
  readonly reason: string
}

/** What a name may mean: nothing if it has a registry, or if no file says anything about it. */
export interface Meanings extends Pick<ShortNames, 'mode'> {
  readonly found: readonly Meaning[]
}

/**
 * Returns what a name may mean, in the order in which it is tried.
 * @param read - returns what the files say; undefined if they do not apply
 * @throws REFERENCE_INVALID; USAGE if a file is malformed
 */
export function meaningsOf(typed: string, read: (() => ShortNames) | undefined): Meanings {
  // A name with another registry than the default one has it written out, and needs no file.
  const named = parseImageName(typed)
  // After `docker://`, it is one of Docker Hub, as for skopeo.
  const mayBeShort =
    named.kind === 'registry' && named.reference.registry === 'docker.io' && named.reference.typed === typed
  const shortNames = mayBeShort ? read?.() : undefined
  if (shortNames === undefined) return { mode: 'permissive', found: [] }
  const found = resolveShortName(typed, shortNames).map((each) => ({
    ...{ name: each.name, reason: reasonOf(each) },
  }))
  return { mode: shortNames.mode, found }
}

/** Returns the registries that the name of an image may mean; none for an image in a layout. @throws as `meaningsOf` */
export function registriesNamed(typed: string, options: OpenOptions): readonly string[] {
  const { hosts = configuredHosts(options) } = options
  const { found } = meaningsOf(typed, shortNamesOf(options, hosts))
  const names = found.length === 0 ? [typed] : found.map(({ name }) => name)
  return names
    .map(parseImageName)
    .flatMap((named) => (named.kind === 'registry' ? named.reference.registry : []))
}

const reasonOf = ({ origin, path }: ShortNameCandidate): string =>
  origin === 'alias' ? `an alias in ${path}` : `unqualified-search-registries in ${path}`
