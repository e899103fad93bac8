/** Reads the signatures of cosign before version 3: a simple signing payload, with the signature in annotations. */
import { createHash } from 'node:crypto'
import * as t from 'io-ts'
import { WindlassError } from '../errors.js'
import { decodeJson, parseJson, readJson } from '../codec/json.js'
import { record } from '../codec/record-codec.js'
import type { Digest } from '../image/index.js'
import type { Signature } from './signature.js'

/** Media type of the layers of signatures in this form. */
export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json'

/** Maximum size of a payload in bytes. */
export const maxPayloadBytes = 256 * 1024

/** containers/image, docs/containers-signature.5.md, “critical”. */
const PayloadCodec = record(
  'a simple signing payload',
  {
    critical: record(
      'critical claims',
      {
        type: t.keyof({ 'cosign container image signature': null, 'atomic container signature': null }),
        image: record('an image', { 'docker-manifest-digest': t.string }, {}),
        identity: record('an identity', { 'docker-reference': t.string }, {}),
      },
      {},
    ),
  },
  {},
)

/** An entry of Rekor in an annotation (cosign, specs/SIGNATURE_SPEC.md, `dev.sigstore.cosign/bundle`). */
const RekorCodec = record(
  'a log entry',
  {
    SignedEntryTimestamp: t.string,
    Payload: record(
      'a payload',
      { body: t.string, integratedTime: t.number, logIndex: t.number, logID: t.string },
      {},
    ),
  },
  {},
)
const BodyCodec = record('the body of a log entry', { kind: t.string, apiVersion: t.string }, {})
const TimestampCodec = record('a timestamp', { SignedRFC3161Timestamp: t.string }, {})

/**
 * Parses a signature.
 * @param payload content of the layer
 * @param annotations of the layer: the signature, and its certificate, log entry and timestamp if it has them
 * @param manifest digest of the manifest that holds it
 * @throws SIGNATURE_INVALID if it is not a signature of an image in this form
 */
export async function simpleSignature(
  payload: Buffer,
  annotations: Readonly<Record<string, string>>,
  manifest: Digest,
): Promise<Signature> {
  const what = `the signature ${manifest}`
  const about = { code: 'SIGNATURE_INVALID', what, subject: { digest: manifest } } as const
  const { critical } = readJson(payload, PayloadCodec, about)
  const signature = annotations['dev.cosignproject.cosign/signature'] ?? ''
  if (signature === '')
    throw new WindlassError('SIGNATURE_INVALID', `Failed to read ${what}: it has no signature`, about.subject)
  const certificate = annotations['dev.sigstore.cosign/certificate']
  const { bundleFromJSON } = await import('@sigstore/bundle')
  const json = {
    // The log entries of this form have an inclusion promise and no proof, as those of version 0.1 of bundles.
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      ...(certificate === undefined
        ? { publicKey: noKeyName }
        : { x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] } }),
      tlogEntries: logEntries(annotations['dev.sigstore.cosign/bundle'], about),
      timestampVerificationData: {
        rfc3161Timestamps: timestamps(annotations['dev.sigstore.cosign/rfc3161timestamp'], about),
      },
    },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: createHash('sha256').update(payload).digest('base64'),
      },
      signature,
    },
  }
  try {
    return {
      ...{ manifest, form: 'simple-signing', bundle: bundleFromJSON(json), keyHint: undefined },
      claim: {
        digests: [critical.image['docker-manifest-digest']],
        reference: critical.identity['docker-reference'],
      },
      ...{ signed: payload, signature: Buffer.from(signature, 'base64') },
      hasCertificate: certificate !== undefined,
    }
  } catch (cause) {
    throw new WindlassError('SIGNATURE_INVALID', `Failed to read ${what}: its parts are not valid`, {
      ...{ ...about.subject, cause },
    })
  }
}

/** This form does not name the key. */
const noKeyName = Object.fromEntries([['hint', '']])

type About = Parameters<typeof readJson>[2]

function logEntries(text: string | undefined, about: About): readonly object[] {
  if (text === undefined || text === '') return []
  const { SignedEntryTimestamp, Payload } = readJson(Buffer.from(text), RekorCodec, about)
  const { body, integratedTime, logIndex, logID } = Payload
  const { kind, apiVersion } = decodeJson(BodyCodec, parseJson(Buffer.from(body, 'base64'), about), about)
  return [
    {
      ...{ logIndex: String(logIndex), integratedTime: String(integratedTime), canonicalizedBody: body },
      logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
      kindVersion: { kind, version: apiVersion },
      inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    },
  ]
}

function timestamps(text: string | undefined, about: About): readonly object[] {
  if (text === undefined || text === '') return []
  const { SignedRFC3161Timestamp } = readJson(Buffer.from(text), TimestampCodec, about)
  return [{ signedTimestamp: SignedRFC3161Timestamp }]
}

/** Returns the first certificate of a PEM text in DER, as base64. */
const derOf = (pem: string): string =>
  (/-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/.exec(pem)?.[1] ?? '').replace(/\s/g, '')
