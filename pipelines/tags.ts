/** The tags of a repository, one by one, in the order in which the registry lists them. */
import { WindlassError } from '../lib/errors.js'
import { parseReference } from '../lib/image/index.js'
import type { Registries } from '../lib/registry/index.js'

export async function* listTags(
  repository: string,
  registries: Registries,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<string> {
  const reference = parseReference(repository)
  if (reference.tag !== undefined || reference.digest !== undefined)
    throw new WindlassError('USAGE', `Listing tags: ${repository} names one image, not a repository`, {
      reference: repository,
      hint: 'Leave out the tag and the digest',
    })
  for await (const page of registries.repository(reference).tags(options)) yield* page
}
