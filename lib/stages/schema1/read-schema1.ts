/** Parses and validates a schema 1 manifest and verifies its signatures. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type SignatureReport, readSchema1 as read, verifySchema1Signatures } from '../../image/index.js'
import type { ReadSchema1Document, Resolved, Schema1Document } from '../elements.js'

/** Settings of `readSchema1`. */
export interface ReadSchema1Options {
  /**
   * Whether to reject manifests without signatures and with signatures that cannot be verified. Default: false. Wrong
   * signatures are always rejected.
   */
  readonly requireSignatures?: boolean
}

/**
 * Returns the stage that reads a schema 1 manifest, and reports the state of its signatures as a warning.
 * @throws SIGNATURE_INVALID when a signature is wrong, or when signatures are required and missing or cannot be
 * verified; MANIFEST_INVALID when the manifest is malformed
 */
export function readSchema1({ requireSignatures = false }: ReadSchema1Options = {}): Stage<
  Resolved<Schema1Document>,
  Resolved<ReadSchema1Document>
> {
  return pullStage(
    async ({ request, document, parentIndexes }: Resolved<Schema1Document>, turn) => {
      const reference = request.name
      const signed = await verifySchema1Signatures(document, { reference, required: requireSignatures })
      const image = read(document.schema1, reference)
      const { digest } = document.descriptor
      turn.emit({ type: 'warning', code: codes[signed.state], message: notice(reference, signed), digest })
      return { request, parentIndexes, document: { ...document, image, signed } }
    },
    { name: 'read-schema1', order: 'source' },
  )
}

const codes = {
  verified: 'SCHEMA1_SIGNED',
  unverified: 'SCHEMA1_UNVERIFIED',
  none: 'SCHEMA1_UNSIGNED',
} as const

const notice = (reference: string, signed: SignatureReport): string =>
  `The registry has ${reference} as a schema 1 manifest, which current tools no longer write; ${summary(signed)}`

function summary({ state, keys, problem }: SignatureReport): string {
  switch (state) {
    case 'verified':
      return `its signatures are valid, with the ${keys.length === 1 ? 'key' : 'keys'} ${keys.join(', ')}`
    case 'unverified':
      return `its signatures are not verified: ${problem ?? 'they cannot be checked'}`
    case 'none':
      return 'it is not signed'
  }
}
