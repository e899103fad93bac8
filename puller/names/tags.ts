/** The tags of a repository, one by one, in the order in which the registry lists them. */
import { WindlassError } from '../../lib/errors.js'
import { type Reference, type TagsRequest, parseImageName, parseReference } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/index.js'
import type { Registries } from '../../lib/registry/index.js'

/** @throws as `repositoryNamed`, at once; else what a registry refuses with, such as NAME_UNKNOWN */
export function listTags(
  repository: string,
  registries: Registries,
  options: TagsRequest = {},
): AsyncGenerator<string> {
  return pagesOf(repositoryNamed(repository, 'Listing tags'), registries, options)
}

/**
 * The repository that a name without tag and digest names.
 * @throws USAGE where it has one, REFERENCE_INVALID
 */
export function repositoryNamed(name: string, purpose: string): Reference {
  if (parseImageName(name).kind === 'layout')
    throw new WindlassError(
      'USAGE',
      `${purpose}: ${printable(name)} names a layout on disk, not a repository`,
      {
        hint: 'A layout is listed as a store is: windlass images --store DIR',
      },
    )
  const reference = parseReference(name)
  if (reference.tag === undefined && reference.digest === undefined) return reference
  throw new WindlassError('USAGE', `${purpose}: ${name} names one image, not a repository`, {
    reference: name,
    hint: 'Leave out the tag and the digest',
  })
}

async function* pagesOf(
  reference: Reference,
  registries: Registries,
  options: TagsRequest,
): AsyncGenerator<string> {
  for await (const page of registries.repository(reference).tags(options)) yield* page
}
