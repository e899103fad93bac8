/** Names of repositories in lists: those of registries, and layouts, whose images are tagged by their names. */
import { WindlassError } from '../errors.js'
import { isDigest, isTag, parseImageName } from '../image/index.js'
import { quoted } from '../codec/index.js'

/** A repository of a registry, or the images of a layout. */
export type SyncRepository =
  | { readonly kind: 'registry'; readonly name: string }
  | {
      readonly kind: 'layout'
      readonly path: string
      /** What precedes the tags in the names of the images: nothing, or `NAME:`. */
      readonly prefix: string
    }

/** Replaces the scheme of layouts that regclient uses, `ocidir://DIR`, by `oci:DIR`. */
export const withOurScheme = (name: string): string => name.replace(/^ocidir:\/\//, 'oci:')

/**
 * Parses the name of a repository: `quay.io/org/app`, `oci:DIR`, or `oci:DIR:NAME` for the images named `NAME:TAG`.
 * @throws REFERENCE_INVALID when it is neither, or names one image
 */
export function parseRepository(name: string): SyncRepository {
  const named = parseImageName(name)
  if (named.kind === 'layout') {
    if (named.position !== undefined) throw notRepository(name)
    return { kind: 'layout', path: named.path, prefix: named.name === undefined ? '' : `${named.name}:` }
  }
  if (named.kind !== 'registry') throw notRepository(name)
  const { reference } = named
  if (reference.tag !== undefined || reference.digest !== undefined) throw notRepository(name)
  return { kind: 'registry', name: reference.name }
}

/** Returns the normalised name of a repository, which `parseRepository` accepts. */
export const repositoryName = (repository: SyncRepository): string =>
  repository.kind === 'registry'
    ? repository.name
    : `oci:${repository.path}${repository.prefix === '' ? '' : `:${repository.prefix.slice(0, -1)}`}`

/** Returns the name of the image with a tag or digest. */
export function imageIn(repository: SyncRepository, tag: string): string {
  if (repository.kind === 'layout') return `oci:${repository.path}:${repository.prefix}${tag}`
  return isDigest(tag) ? `${repository.name}@${tag}` : `${repository.name}:${tag}`
}

/** Returns the tags that names in a layout contain. Names with another prefix, or that are not tags, are left out. */
export const tagsOfNames = (names: readonly string[], prefix: string): readonly string[] =>
  names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter(isTag)

const notRepository = (name: string): WindlassError =>
  new WindlassError('REFERENCE_INVALID', `${quoted(name)} is one image, not a repository`, {
    hint: 'Leave out the tag, or use “type: image”.',
  })
