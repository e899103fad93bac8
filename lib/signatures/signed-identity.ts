/** Compares the name in a signature with the name of an image (containers-policy.json(5), `signedIdentity`). */
import { type Reference, parseReference } from '../image/index.js'

/** Which names a signature may state. */
export type SignedIdentity =
  | { readonly type: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' }
  | { readonly type: 'exactReference'; readonly dockerReference: string }
  | { readonly type: 'exactRepository'; readonly dockerRepository: string }
  | { readonly type: 'remapIdentity'; readonly prefix: string; readonly signedPrefix: string }

/**
 * Returns whether a signature that states the name `signed` counts for the image `reference`. A name that cannot be
 * parsed never counts.
 */
export function isSignedAs(identity: SignedIdentity, reference: Reference, signed: string): boolean {
  const stated = parsed(signed)
  if (stated === undefined) return false
  switch (identity.type) {
    case 'matchExact':
      return isExact(reference, stated)
    case 'matchRepoDigestOrExact':
      return isRepoOrExact(reference, stated)
    case 'matchRepository':
      return reference.name === stated.name
    case 'exactReference': {
      const exact = parsed(identity.dockerReference)
      return exact !== undefined && isExact(exact, stated)
    }
    case 'exactRepository':
      return parsed(identity.dockerRepository)?.name === stated.name
    case 'remapIdentity': {
      const remapped = parsed(remap(reference, identity.prefix, identity.signedPrefix))
      return remapped !== undefined && isRepoOrExact(remapped, stated)
    }
  }
}

const isExact = (reference: Reference, stated: Reference): boolean =>
  reference.name === stated.name &&
  (stated.tag !== undefined || stated.digest !== undefined) &&
  (reference.digest !== undefined ? reference.digest === stated.digest : reference.tag === stated.tag)

/** An image that is named by its digest may have been signed under any tag of its repository. */
const isRepoOrExact = (reference: Reference, stated: Reference): boolean =>
  reference.digest !== undefined && reference.tag === undefined
    ? reference.name === stated.name
    : isExact(reference, stated)

/** Replaces a prefix that ends at a boundary of the name. */
function remap(reference: Reference, prefix: string, signedPrefix: string): string {
  const text = reference.toString()
  if (!text.startsWith(prefix)) return text
  const rest = text.slice(prefix.length)
  return rest === '' || /^[/:@]/.test(rest) ? signedPrefix + rest : text
}

function parsed(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch {
    return undefined
  }
}
