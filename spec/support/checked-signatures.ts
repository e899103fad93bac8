/** Checks the signatures of an image in an embedded registry. */
import type { WindlassError } from '../../lib/errors.js'
import { type Digest, cosignTag, digestOf, parseReference, referrersTag } from '../../lib/image/index.js'
import type { Repository } from '../../lib/registry/index.js'
import {
  type AcceptedSignature,
  type SignatureRequirement,
  checkSignatures,
} from '../../lib/signatures/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { type BuiltArtifact, listUnderTag, putArtifact } from './artifacts.js'
import { manifest, withRegistry } from './with-registry.js'

/** The image that is checked: its digest and its name. */
export const image = digestOf(manifest)
export const name = 'registry.example/team/app:1'
const reference = parseReference(name)

/** Checks the image of a registry with these artifacts under the tag of its referrers, and under that of cosign. */
export async function check(
  requirement: SignatureRequirement,
  {
    bundles = [],
    simple,
    digests = [image],
    spoil,
  }: {
    readonly bundles?: readonly BuiltArtifact[]
    readonly simple?: BuiltArtifact
    readonly digests?: readonly Digest[]
    readonly spoil?: (registry: TestRegistry, repository: Repository) => void
  },
): Promise<AcceptedSignature> {
  let result: AcceptedSignature | undefined
  await withRegistry({}, {}, async ({ registry, repository }) => {
    for (const each of bundles) putArtifact(registry, 'team/app', each)
    if (bundles.length > 0) listUnderTag(registry, 'team/app', referrersTag(image), bundles)
    if (simple) putArtifact(registry, 'team/app', simple, cosignTag(image, 'sig'))
    spoil?.(registry, repository)
    result = await checkSignatures({ name, reference, source: repository, digests }, requirement)
  })
  return result!
}

/** The error with which a check fails. */
export const refusal = async (checked: Promise<unknown>): Promise<WindlassError> => {
  const error = await checked.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  )
  return error as WindlassError
}
