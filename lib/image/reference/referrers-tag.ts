/** Names of the tags that list referrers in registries without the referrers API, and of those that old tools use. */
import { type Digest, algorithmOf, hexOf } from '../digest/digest.js'

/**
 * Returns the tag whose index lists the referrers of `digest` (distribution-spec, "Referrers Tag Schema"):
 * `sha256-<hex>`, cut to the length of a tag.
 */
export const referrersTag = (digest: Digest): string =>
  `${algorithmOf(digest).slice(0, 32)}-${hexOf(digest).slice(0, 64)}`

/**
 * Suffixes of the tags under which cosign, before its version 3, stores signatures, attestations and SBOMs:
 * `sha256-<hex>.sig`.
 */
export const cosignSuffixes = ['sig', 'att', 'sbom'] as const

/** Suffix of a tag of cosign. */
export type CosignSuffix = (typeof cosignSuffixes)[number]

/** Returns the tag under which cosign, before its version 3, stores what belongs to `digest`. */
export const cosignTag = (digest: Digest, suffix: CosignSuffix): string => `${referrersTag(digest)}.${suffix}`

/** Returns whether `tag` is one of those that `referrersTag` and `cosignTag` return. */
export const isReferrersTag = (tag: string): boolean =>
  /^sha(256|512)-[0-9a-f]{64}(\.(sig|att|sbom))?$/.test(tag)
