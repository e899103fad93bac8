/**
 * Whether a manifest's bytes are the ones asked for.
 */
import { WindlassError } from '../../errors.js'
import { type Digest, algorithmOf, digestOf } from '../digest/digest.js'
import type { JsonDocument } from '../../codec/json.js'
import { payloadIfSigned } from '../schema1/payload.js'

/** The error of bytes that are not those of `digest`, worded as Docker does: schema 1 has words of its own. */
export const digestMismatch = (
  bytes: Uint8Array,
  digest: Digest,
  document: JsonDocument,
  schema1 = false,
): WindlassError =>
  new WindlassError(
    'DIGEST_MISMATCH',
    `${schema1 ? 'image' : 'manifest'} verification failed for digest ${digest}: ` +
      `${document.what} has ${digestOf(bytes, algorithmOf(digest))}`,
    { ...document.subject, digest },
  )

/**
 * What has the expected digest: the bytes as they came, or only the payload that a schema 1 manifest signs, in
 * which case nothing outside that payload may be believed; `nothing` where no digest was expected. Bytes that have the
 * digest may have another size than their descriptor says, with a notice: indexes with wrong sizes are in use.
 * Throws `DIGEST_MISMATCH`, and `SIZE_MISMATCH` where the size is wrong as well.
 */
export function verifyManifest(
  bytes: Uint8Array,
  expected: { readonly digest?: Digest | undefined; readonly size?: number | undefined },
  document: JsonDocument,
  saidToBeSchema1 = false,
): 'bytes' | 'payload' | 'nothing' {
  const { digest, size } = expected
  if (digest === undefined) return 'nothing'
  const algorithm = algorithmOf(digest)
  if (digestOf(bytes, algorithm) === digest) {
    if (size !== undefined && size !== bytes.length)
      document.notice?.(`its descriptor says that it has ${size} bytes, but it has ${bytes.length}`)
    return 'bytes'
  }
  const payload = payloadIfSigned(bytes, document)
  if (payload !== undefined && digestOf(payload, algorithm) === digest) return 'payload'
  if (size !== undefined && size !== bytes.length)
    throw new WindlassError('SIZE_MISMATCH', `${document.what} has ${bytes.length} bytes, not ${size}`, {
      ...document.subject,
      digest,
    })
  throw digestMismatch(payload ?? bytes, digest, document, saidToBeSchema1)
}
