/** Provides `signedImage`: an image as the check of its signatures sees it. */
import { type Reference, isLocalImageName, parseImageName } from '../image/index.js'
import type { SignedImage } from '../signatures/index.js'
import type { Resolved } from './elements.js'

/** Returns the image with the digests of which one must be signed: the outermost index first, the manifest last. */
export function signedImage({ request, document, parentIndexes }: Resolved): SignedImage {
  const { typed, name, source, limits } = request
  return {
    ...{ name, source },
    reference: referenceOf(isLocalImageName(typed) ? typed : name),
    digests: [...parentIndexes.map((index) => index.descriptor.digest), document.descriptor.digest],
    ...(limits && { limits }),
  }
}

/** Images of a store may have names that are not references. */
function referenceOf(name: string): Reference | undefined {
  try {
    const parsed = parseImageName(name)
    return parsed.kind === 'registry' ? parsed.reference : undefined
  } catch {
    return undefined
  }
}
