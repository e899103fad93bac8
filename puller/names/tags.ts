/** Lists the tags of a repository, in the order of the registry. */
import { WindlassError } from '../../lib/errors.js'
import { type Reference, type TagsRequest, parseImageName, parseReference } from '../../lib/image/index.js'
import { quoted } from '../../lib/codec/index.js'
import type { RepositorySource } from '../../lib/registry/index.js'

/**
 * Yields the tags of a repository.
 * @throws as `repositoryNamed`, before the iteration; errors of the registry during it
 */
export function listTags(
  repository: string,
  registries: RepositorySource,
  options: TagsRequest = {},
): AsyncGenerator<string> {
  return pagesOf(repositoryNamed(repository, 'list tags'), registries, options)
}

/**
 * Parses the name of a repository.
 * @param purpose - completes “Cannot …” in errors: `list tags`
 * @throws USAGE when the name has a tag or digest, or is a layout; REFERENCE_INVALID
 */
export function repositoryNamed(name: string, purpose: string): Reference {
  if (parseImageName(name).kind === 'layout')
    throw new WindlassError(
      'USAGE',
      `Cannot ${purpose}: ${quoted(name)} is an image layout, not a repository`,
      {
        hint: 'List the images of a layout with “windlass images --store DIR”.',
      },
    )
  const reference = parseReference(name)
  if (reference.tag === undefined && reference.digest === undefined) return reference
  throw new WindlassError('USAGE', `Cannot ${purpose}: ${quoted(name)} is one image, not a repository`, {
    reference: name,
    hint: 'Leave out the tag and the digest.',
  })
}

async function* pagesOf(
  reference: Reference,
  registries: RepositorySource,
  options: TagsRequest,
): AsyncGenerator<string> {
  for await (const page of registries.repository(reference).tags(options)) yield* page
}
