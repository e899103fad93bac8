/** Tells which manifest came, from which host, and what said what it is. */
import type { PullEventBody } from '../events/index.js'
import type { ManifestDocument } from '../image/index.js'

export function manifestEvent(
  { descriptor, decidedBy }: ManifestDocument,
  host: string,
): PullEventBody & { type: 'manifest' } {
  const { digest, mediaType, size } = descriptor
  return { type: 'manifest', digest, mediaType, size, host, decidedBy }
}
