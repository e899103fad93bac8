/** Reports which manifest came, from which host, what said what it is, and what was unclear about it. */
import { documentUnclear } from '../../events/warning-codes.js'
import type { Turn } from '../../flow/index.js'
import type { Digest, ManifestDocument } from '../../image/index.js'

export { documentUnclear }

/** Notices that one warning names; an index may have thousands. */
const maxNamed = 3

export function emitManifest(
  turn: Pick<Turn, 'emit'>,
  { descriptor, decidedBy, notices }: ManifestDocument,
  { name, host }: { readonly name: string; readonly host: string },
): void {
  const { digest, mediaType, size } = descriptor
  turn.emit({ type: 'manifest', digest, mediaType, size, host, decidedBy })
  emitUnclear(turn, `The manifest of ${name} from ${host}`, notices, digest)
}

/** One warning for all `notices` about `document`; none where there are none. */
export function emitUnclear(
  turn: Pick<Turn, 'emit'>,
  document: string,
  notices: readonly string[],
  digest: Digest,
): void {
  if (notices.length === 0) return
  const distinct = [...new Set(notices)]
  const more = distinct.length > maxNamed ? `; and ${distinct.length - maxNamed} more` : ''
  const message = `${document} is taken as it is: ${distinct.slice(0, maxNamed).join('; ')}${more}`
  turn.emit({ type: 'warning', code: documentUnclear, message, digest })
}
