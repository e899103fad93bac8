/** Emits the events about a fetched manifest. */
import { documentUnclear } from '../../events/warning-codes.js'
import type { Turn } from '../../flow/index.js'
import type { Digest, ManifestDocument, RateLimit } from '../../image/index.js'

export { documentUnclear }

/** Maximum number of notices in one warning. An index may have thousands. */
const maxListed = 3

/** The name of the image, and who sent its manifest. */
export interface ManifestServer {
  readonly name: string
  readonly host: string
  /** Whether the host is a mirror (false). */
  readonly isMirror?: boolean | undefined
  readonly rateLimit?: RateLimit | undefined
}

/** The source is the address or the name of the user, which has no place in a log. */
const withoutSource = ({ remaining, limit, window, reset }: RateLimit): Omit<RateLimit, 'source'> => ({
  remaining,
  ...(limit !== undefined && { limit }),
  ...(window !== undefined && { window }),
  ...(reset !== undefined && { reset }),
})

/** Emits the `manifest` event, and one warning for the irregularities (`notices`) of the manifest. */
export function emitManifest(
  turn: Pick<Turn, 'emit'>,
  { descriptor, decidedBy, notices }: ManifestDocument,
  { name, host, isMirror, rateLimit }: ManifestServer,
): void {
  const { digest, mediaType, size } = descriptor
  turn.emit({
    ...{ type: 'manifest', digest, mediaType, size, host, decidedBy },
    ...(isMirror && { mirror: true }),
    ...(rateLimit && { rateLimit: withoutSource(rateLimit) }),
  })
  emitUnclear(turn, `The manifest of ${name} from ${host}`, notices, digest)
}

/** Emits one warning that lists the irregularities of a document (`notices`); none if there are no irregularities. */
export function emitUnclear(
  turn: Pick<Turn, 'emit'>,
  document: string,
  notices: readonly string[],
  digest: Digest,
): void {
  if (notices.length === 0) return
  const distinct = [...new Set(notices)]
  const more = distinct.length > maxListed ? `; and ${distinct.length - maxListed} more` : ''
  const message = `${document} is accepted with irregularities: ${distinct.slice(0, maxListed).join('; ')}${more}`
  turn.emit({ type: 'warning', code: documentUnclear, message, digest })
}
