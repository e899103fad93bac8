/** Verifies the digest and size of manifests. */
import { WindlassError } from '../../errors.js'
import { type Digest, algorithmOf, digestOf } from '../digest/digest.js'
import { formatCount } from '../../quantities.js'
import type { JsonDocument } from '../../codec/json.js'
import { payloadIfSigned } from '../schema1/payload.js'

/** Returns the error for bytes with another digest. The wording follows Docker, whose message for schema 1 differs. */
export const digestMismatchError = (
  bytes: Uint8Array,
  digest: Digest,
  document: JsonDocument,
  isSchema1 = false,
): WindlassError =>
  new WindlassError(
    'DIGEST_MISMATCH',
    `${isSchema1 ? 'image' : 'manifest'} verification failed for digest ${digest}: ` +
      `${document.what} has ${digestOf(bytes, algorithmOf(digest))}`,
    { ...document.subject, digest },
  )

/**
 * Verifies a manifest against the expected digest and size. Returns what the digest covers: `bytes` for the whole
 * body; `payload` for only the signed part of a schema 1 manifest, so that the rest must not be trusted; `nothing` if
 * no digest is expected. If the digest matches, a wrong size is only a notice, because indexes with wrong sizes exist.
 * @throws DIGEST_MISMATCH if neither the body nor its signed payload has the digest
 * @throws SIZE_MISMATCH instead of DIGEST_MISMATCH if the size differs as well
 */
export function verifyManifest(
  bytes: Uint8Array,
  expected: { readonly digest?: Digest | undefined; readonly size?: number | undefined },
  document: JsonDocument,
  isDeclaredSchema1 = false,
): 'bytes' | 'payload' | 'nothing' {
  const { digest, size } = expected
  if (digest === undefined) return 'nothing'
  const algorithm = algorithmOf(digest)
  if (digestOf(bytes, algorithm) === digest) {
    if (size !== undefined && size !== bytes.length)
      document.notice?.(
        `its descriptor states ${formatCount(size, 'byte')}, but it has ${formatCount(bytes.length, 'byte')}`,
      )
    return 'bytes'
  }
  const payload = payloadIfSigned(bytes, document)
  if (payload !== undefined && digestOf(payload, algorithm) === digest) return 'payload'
  if (size !== undefined && size !== bytes.length)
    throw new WindlassError(
      'SIZE_MISMATCH',
      `${document.what} has ${formatCount(bytes.length, 'byte')}, but its descriptor states ${formatCount(size, 'byte')}`,
      {
        ...document.subject,
        digest,
      },
    )
  throw digestMismatchError(payload ?? bytes, digest, document, isDeclaredSchema1)
}
