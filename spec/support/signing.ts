/** Signs images as cosign does: by a key, or keyless with authorities of the test's own. */
import {
  type KeyObject,
  type KeyPairKeyObjectResult,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'
import { initializeCA, initializeTLog } from '@sigstore/mock'
import { type Digest, mediaTypes } from '../../lib/image/index.js'
import { type BuiltArtifact, artifact } from './artifacts.js'

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const inToto = 'application/vnd.in-toto+json'
export const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json'
const signPredicate = 'https://sigstore.dev/cosign/sign/v1'

export const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
export const ecdsa = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve })

export const statementOf = (digest: Digest, predicateType = signPredicate) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: digest.slice('sha256:'.length) }, annotations: {} }],
  ...{ predicateType, predicate: {} },
})

/** Bytes that a DSSE signature covers. */
const encoded = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${inToto.length} ${inToto} ${payload.length} `), payload])

const hashOf = (key: KeyObject): string | null =>
  key.asymmetricKeyType === 'ed25519'
    ? null
    : ({ secp384r1: 'sha384', secp521r1: 'sha512' }[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'sha256')

export interface Bundle {
  mediaType: string
  verificationMaterial: Record<string, unknown>
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] }
}

/** A bundle that signs `statement` by a key, as of “cosign sign --key”. */
export function keyBundle(statement: unknown, { privateKey, publicKey }: KeyPairKeyObjectResult): Bundle {
  const payload = Buffer.from(JSON.stringify(statement))
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: createHash('sha256').update(der).digest('base64') } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: inToto,
      signatures: [{ sig: sign(hashOf(privateKey), encoded(payload), privateKey).toString('base64') }],
    },
  }
}

/** The artifact that holds a bundle. */
export const bundleArtifact = (
  subject: Digest,
  bundle: unknown,
  predicateType = signPredicate,
): BuiltArtifact =>
  artifact(subject, typeof bundle === 'string' ? bundle : JSON.stringify(bundle), {
    artifactType: bundleType,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType,
    },
  })

export const payloadOf = (digest: Digest, reference: string) => ({
  critical: {
    identity: { 'docker-reference': reference },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
  },
  optional: null,
})

/** A signature in the form of cosign 2. */
export function simpleArtifact(
  payload: unknown,
  { privateKey }: Pick<KeyPairKeyObjectResult, 'privateKey'>,
): BuiltArtifact {
  const bytes = Buffer.from(JSON.stringify(payload))
  const signature = sign(hashOf(privateKey), bytes, privateKey).toString('base64')
  return artifact(undefined, bytes, {
    ...{ artifactType: mediaTypes.ociConfig, layerType: simpleSigning },
    layerAnnotations: { 'dev.cosignproject.cosign/signature': signature },
  })
}

const issuerExtension = '1.3.6.1.4.1.57264.1.8'

/** What the mocked log returns; the package with its types is not installed. */
interface RekorEntry {
  readonly body: string
  readonly integratedTime: number
  readonly logID: string
  readonly logIndex: number
  readonly verification: {
    readonly signedEntryTimestamp: string
    readonly inclusionProof: { readonly rootHash: string; readonly checkpoint: string }
  }
}

/** A certificate authority and logs, and their trust root. */
export interface Authorities {
  readonly trustRoot: string
  /** Signs a statement. The log confirms the time `at` (that of the authorities). */
  sign(
    statement: unknown,
    options?: { readonly subject?: string; readonly issuer?: string; readonly at?: Date },
  ): Promise<Bundle>
}

export const identity = { subject: 'https://ci.example/org/app', issuer: 'https://accounts.example' }

/**
 * `clock`: when certificates are issued. `withCertificateLog`: the trust root has a log of certificates, which has none of
 * the certificates.
 */
export async function authorities({
  clock = new Date(),
  withCertificateLog = false,
}: { readonly clock?: Date; readonly withCertificateLog?: boolean } = {}): Promise<Authorities> {
  const logKeys = ecdsa()
  const ca = await initializeCA(ecdsa('P-384'), undefined, clock)
  const start = new Date(0).toISOString()
  const log = (key: Buffer) => ({
    logId: { keyId: createHash('sha256').update(key).digest('base64') },
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      ...{ rawBytes: key.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
      validFor: { start },
    },
  })
  const logKey = logKeys.publicKey.export({ type: 'spki', format: 'der' })
  return {
    trustRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      certificateAuthorities: [
        {
          certChain: { certificates: [{ rawBytes: ca.rootCertificate.toString('base64') }] },
          validFor: { start },
        },
      ],
      tlogs: [{ ...log(logKey), baseUrl: 'https://log.example' }],
      ctlogs: withCertificateLog ? [log(ecdsa().publicKey.export({ type: 'spki', format: 'der' }))] : [],
    }),
    async sign(
      statement,
      { subject = identity.subject, issuer = identity.issuer, at = new Date(clock.getTime() + 60_000) } = {},
    ) {
      const keys = ecdsa()
      const payload = Buffer.from(JSON.stringify(statement))
      const sig = sign('sha256', encoded(payload), keys.privateKey).toString('base64')
      const certificate = await ca.issueCertificate({
        publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
        subjectAltName: subject,
        extensions: [{ oid: issuerExtension, value: issuer }],
      })
      const tlog = await initializeTLog('https://log.example', logKeys, at)
      const entry = Object.values(
        (await tlog.log({
          ...{ apiVersion: '0.0.1', kind: 'dsse' },
          spec: {
            payloadHash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') },
            signatures: [{ signature: sig, verifier: '' }],
          },
        })) as Record<string, RekorEntry>,
      )[0]!
      const proof = entry.verification.inclusionProof
      return {
        mediaType: bundleType,
        verificationMaterial: {
          certificate: { rawBytes: Buffer.from(certificate).toString('base64') },
          tlogEntries: [
            {
              logIndex: String(entry.logIndex),
              logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
              kindVersion: { kind: 'dsse', version: '0.0.1' },
              integratedTime: String(entry.integratedTime),
              inclusionPromise: { signedEntryTimestamp: entry.verification.signedEntryTimestamp },
              inclusionProof: {
                ...{ logIndex: '0', treeSize: '1', hashes: [] },
                rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
                checkpoint: { envelope: proof.checkpoint },
              },
              canonicalizedBody: entry.body,
            },
          ],
        },
        dsseEnvelope: { payload: payload.toString('base64'), payloadType: inToto, signatures: [{ sig }] },
      }
    },
  }
}

export const keyPairOf = (pem: string): KeyPairKeyObjectResult => ({
  privateKey: createPrivateKey(pem),
  publicKey: createPublicKey(pem),
})
