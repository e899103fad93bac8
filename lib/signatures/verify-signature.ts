/** Verifies one signature of an image against what a policy requires. */
import type { KeyObject } from 'node:crypto'
import type { SignedEntity, Signer as VerifiedSigner } from '@sigstore/verify'
import { WindlassError } from '../errors.js'
import { printable } from '../codec/printable.js'
import { type CertificateIdentity, formatIdentity, isIdentity } from './identity.js'
import { type PublicKey, verifyBytes } from './public-key.js'
import type { Signature } from './signature.js'
import type { TrustRoot } from './trust-root.js'

/** Who must have signed: the owner of one of the keys, or an identity that an authority of the trust root confirmed. */
export type RequiredSigner =
  | {
      readonly kind: 'keys'
      readonly keys: readonly PublicKey[]
      /** Logs of which one must contain the signature. Default: no log is consulted. */
      readonly logs?: TrustRoot['tlogs']
    }
  | { readonly kind: 'identity'; readonly identity: CertificateIdentity; readonly trustRoot: TrustRoot }

/** Returns who signed, as a text for messages. @throws SIGNATURE_UNTRUSTED, SIGNATURE_INVALID, SIGNATURE_EXPIRED */
export function verifySigner(signature: Signature, signer: RequiredSigner): Promise<string> {
  return signer.kind === 'keys' ? verifyKeys(signature, signer) : verifyIdentity(signature, signer)
}

async function verifyKeys(
  signature: Signature,
  { keys, logs }: RequiredSigner & { readonly kind: 'keys' },
): Promise<string> {
  const { signed, keyHint, hasCertificate } = signature
  const found = keys.find(({ key }) => verifyBytes(key, signed, signature.signature))
  if (found) {
    if (logs) await verifyLogs(signature, found, logs)
    return `the key ${found.hint}`
  }
  if (keyHint !== undefined && keys.some(({ hint }) => hint === keyHint))
    throw failure(
      signature,
      'SIGNATURE_INVALID',
      `it is not one of its content by the key ${keyHint}`,
      changedHint,
    )
  const others = hasCertificate
    ? 'it was made with a certificate, not with a key'
    : keyHint === undefined || keyHint === ''
      ? `it was not made with ${keys.length === 1 ? 'the required key' : 'one of the required keys'}, or its content was changed`
      : `it was made with the key ${printable(keyHint)}, which is not ${keys.length === 1 ? 'the required one' : 'one of the required ones'}`
  throw failure(
    signature,
    'SIGNATURE_UNTRUSTED',
    others,
    hasCertificate
      ? 'Name the identity of the signer (--certificate-identity, --certificate-oidc-issuer) and a --trust-root.'
      : 'Check the key. If it is right, somebody else signed the image: do not use it.',
  )
}

const changedHint =
  'The signature was changed, or is not that of this content. Do not use the image; sign it again if it is yours.'

/** Verifies that a log contains the signature. @throws SIGNATURE_INVALID */
async function verifyLogs(
  signature: Signature,
  { key }: PublicKey,
  tlogs: TrustRoot['tlogs'],
): Promise<void> {
  const { Verifier, toSignedEntity, toTrustMaterial } = await import('@sigstore/verify')
  const trust = toTrustMaterial(
    { mediaType: '', certificateAuthorities: [], timestampAuthorities: [], ctlogs: [], tlogs: [...tlogs] },
    () => ({ publicKey: key, validFor: () => true }),
  )
  const entity = toSignedEntity(signature.bundle, signature.signed)
  const options = { tlogThreshold: 1, timestampThreshold: 0, ctlogThreshold: 0 }
  try {
    const timestamps = entity.timestamps.filter(({ $case }) => $case === 'transparency-log')
    new Verifier(trust, options).verify({ ...withContent(entity, signature), timestamps })
  } catch (cause) {
    throw failure(
      signature,
      'SIGNATURE_INVALID',
      `no log confirms it (${reasonOf(cause)})`,
      changedHint,
      cause,
    )
  }
}

async function verifyIdentity(
  signature: Signature,
  { identity, trustRoot }: RequiredSigner & { readonly kind: 'identity' },
): Promise<string> {
  if (!signature.hasCertificate)
    throw failure(
      signature,
      'SIGNATURE_UNTRUSTED',
      'it was made with a key, not by an identity',
      'Name the key with --verify-key.',
    )
  const { Verifier, toSignedEntity, toTrustMaterial } = await import('@sigstore/verify')
  let signer: VerifiedSigner
  try {
    const trust = toTrustMaterial(trustRoot)
    const entity = toSignedEntity(signature.bundle, signature.signed)
    const hasLogs = trustRoot.tlogs.length > 0
    signer = new Verifier(trust, {
      tlogThreshold: hasLogs ? 1 : 0,
      ctlogThreshold: trustRoot.ctlogs.length > 0 ? 1 : 0,
      timestampThreshold: 1,
    }).verify({
      ...withContent(entity, signature),
      // What no authority of the trust root confirms must not count as a time.
      timestamps: entity.timestamps.filter(({ $case }) => hasLogs || $case === 'timestamp-authority'),
      tlogEntries: hasLogs ? entity.tlogEntries : [],
    })
  } catch (cause) {
    throw certificateFailure(signature, trustRoot, cause)
  }
  const found = {
    subject: signer.identity?.subjectAlternativeName,
    issuer: signer.identity?.extensions?.issuer,
  }
  if (isIdentity(identity, found)) return formatIdentity(found)
  throw failure(
    signature,
    'SIGNATURE_UNTRUSTED',
    `it was made by ${formatIdentity(found)}, not by ${formatIdentity(identity)}`,
    'Check the identity. If it is right, somebody else signed the image: do not use it.',
  )
}

/** Returns the entity with a check of its content that knows the hashes of all curves. */
function withContent(entity: SignedEntity, { signed, signature }: Signature): SignedEntity {
  const content = entity.signature
  return {
    ...entity,
    signature: {
      signature: content.signature,
      compareSignature: (other) => content.compareSignature(other),
      compareDigest: (digest) => content.compareDigest(digest),
      verifySignature: (key: KeyObject) => verifyBytes(key, signed, signature),
    },
  }
}

/** Converts an error of the verifier. */
function certificateFailure(signature: Signature, trustRoot: TrustRoot, error: unknown): WindlassError {
  const reason = reasonOf(error)
  if (isExpired(signature, trustRoot, error))
    return failure(
      signature,
      'SIGNATURE_EXPIRED',
      `its certificate, or an authority, was not valid at the time of the signature (${reason})`,
      'Sign the image again. If it was signed in time, get the current trust root.',
      error,
    )
  const code = codeOf(error)
  if (code === 'CERTIFICATE_ERROR')
    return failure(
      signature,
      'SIGNATURE_UNTRUSTED',
      `no authority of the trust root issued its certificate (${reason})`,
      'Check that the trust root is that of the signer.',
      error,
    )
  return failure(signature, 'SIGNATURE_INVALID', reason, changedHint, error)
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  const inner = cause instanceof Error ? `: ${cause.message}` : ''
  return printable(error instanceof Error ? `${error.message}${inner}` : String(error))
}

/** Whether a verification failed because something was not valid at the time that a log or an authority states. */
function isExpired(signature: Signature, trustRoot: TrustRoot, error: unknown): boolean {
  const code = codeOf(error)
  const cause = error instanceof Error ? error.cause : undefined
  if (code === 'CERTIFICATE_ERROR') {
    if (cause instanceof Error) return cause.message.includes('expired')
    // The verifier names no cause if it left out all authorities because of their times.
    return error instanceof Error && error.message.includes('certificate chain')
  }
  if (code !== 'TLOG_INCLUSION_PROMISE_ERROR') return false
  const ids = new Set(trustRoot.tlogs.map(({ logId }) => logId?.keyId.toString('hex')))
  return signature.bundle.verificationMaterial.tlogEntries.some(({ logId, integratedTime }) => {
    if (logId === undefined || !ids.has(logId.keyId.toString('hex'))) return false
    const time = new Date(Number(integratedTime) * 1000)
    return trustRoot.tlogs.every(({ publicKey }) => {
      const { start, end } = publicKey?.validFor ?? {}
      return (start !== undefined && time < start) || (end !== undefined && time > end)
    })
  })
}

/** Returns the error for a signature that does not satisfy a requirement. */
export function failure(
  { manifest }: Pick<Signature, 'manifest'>,
  code: 'SIGNATURE_INVALID' | 'SIGNATURE_UNTRUSTED' | 'SIGNATURE_MISMATCH' | 'SIGNATURE_EXPIRED',
  reason: string,
  hint: string,
  cause?: unknown,
): WindlassError {
  return new WindlassError(code, `The signature ${manifest} does not count: ${reason}`, {
    ...{ digest: manifest, hint },
    ...(cause !== undefined && { cause }),
  })
}
