/** Reads trust roots: the authorities behind keyless signatures (sigstore protobuf-specs, sigstore_trustroot.proto). */
import { createHash, createPublicKey } from 'node:crypto'
import * as t from 'io-ts'
import type { toTrustMaterial } from '@sigstore/verify'
import { WindlassError } from '../errors.js'
import { listOf } from '../codec/list-of.js'
import { readJson } from '../codec/json.js'
import { record, withSilentDefault } from '../codec/record-codec.js'

/** Certificate and timestamp authorities and transparency logs, with the times when they are valid. */
export type TrustRoot = Parameters<typeof toTrustMaterial>[0]

const bytes = new t.Type<Buffer, unknown, unknown>(
  'base64',
  (value): value is Buffer => Buffer.isBuffer(value),
  (value, context) =>
    typeof value === 'string' && /^[A-Za-z0-9+/]+={0,2}$/.test(value)
      ? t.success(Buffer.from(value, 'base64'))
      : t.failure(value, context),
  t.identity,
)
const date = new t.Type<Date, unknown, unknown>(
  'a date (RFC 3339)',
  (value): value is Date => value instanceof Date,
  (value, context) =>
    typeof value === 'string' && !Number.isNaN(Date.parse(value))
      ? t.success(new Date(value))
      : t.failure(value, context),
  t.identity,
)
/** A field that may be absent, but must not be invalid: an end that is ignored would extend the trust. */
const strict = <A>(codec: t.Type<A, unknown>): t.Type<A | undefined, unknown> =>
  withSilentDefault<A | undefined>(codec as t.Type<A | undefined, unknown>, undefined)

const Range = record('a time range', { start: strict(date), end: strict(date) }, {})
const Certificate = record('a certificate', { rawBytes: bytes }, {})
const Authority = record(
  'a certificate authority',
  {
    certChain: record('a chain', { certificates: listOf(Certificate, 'certificates') }, {}),
    validFor: strict(Range),
  },
  { uri: t.string },
)
const Log = record(
  'a transparency log',
  {
    publicKey: record('a public key', { rawBytes: bytes, validFor: strict(Range) }, { keyDetails: t.string }),
    logId: record('a log id', { keyId: bytes }, {}),
    checkpointKeyId: strict(record('a log id', { keyId: bytes }, {})),
  },
  { baseUrl: t.string },
)
const list = <A>(codec: t.Type<A, unknown>, name: string): t.Type<readonly A[], unknown> =>
  withSilentDefault(listOf(codec, name), [])
const TrustedRoot = record(
  'a trust root',
  {
    certificateAuthorities: list(Authority, 'certificate authorities'),
    timestampAuthorities: list(Authority, 'timestamp authorities'),
    tlogs: list(Log, 'transparency logs'),
    ctlogs: list(Log, 'certificate transparency logs'),
  },
  { mediaType: t.string },
)

/** Values of `PublicKeyDetails` for keys in PKCS #1; all others are in SPKI. */
const pkcs1 = new Set(['PKCS1_RSA_PKCS1V5', 'PKCS1_RSA_PSS'])

/**
 * Parses a `trusted_root.json`, as “cosign trusted-root create” writes it.
 * @param what where the bytes are from, for errors: `the file trusted_root.json`
 * @throws USAGE if it is not a trust root or has no certificate authority
 */
export function parseTrustRoot(text: Uint8Array, what: string): TrustRoot {
  const root = readJson(text, TrustedRoot, { code: 'USAGE', what })
  if (root.certificateAuthorities.length === 0)
    throw new WindlassError('USAGE', `The trust root in ${what} has no certificate authority`, {
      hint: 'Name a trusted_root.json, as “cosign trusted-root create” writes it.',
    })
  try {
    const authorities = (all: typeof root.certificateAuthorities): TrustRoot['certificateAuthorities'] =>
      all.map(({ uri = '', certChain, validFor }) =>
        authority(
          certChain.certificates.map(({ rawBytes }) => rawBytes),
          { uri, validFor },
        ),
      )
    const logs = (all: typeof root.tlogs): TrustRoot['tlogs'] =>
      all.map(({ baseUrl = '', publicKey, logId, checkpointKeyId }) => {
        const format = pkcs1.has(publicKey.keyDetails ?? '') ? 'pkcs1' : 'spki'
        const key = createPublicKey({ key: publicKey.rawBytes, format: 'der', type: format })
        return {
          ...log(key.export({ type: 'spki', format: 'der' }), { baseUrl, validFor: publicKey.validFor }),
          logId,
          checkpointKeyId,
        }
      })
    return {
      mediaType: root.mediaType ?? '',
      certificateAuthorities: authorities(root.certificateAuthorities),
      timestampAuthorities: authorities(root.timestampAuthorities),
      ...{ tlogs: logs(root.tlogs), ctlogs: logs(root.ctlogs) },
    }
  } catch (cause) {
    throw new WindlassError('USAGE', `The trust root in ${what} has a key that cannot be read`, { cause })
  }
}

interface TimeRange {
  readonly start?: Date | undefined
  readonly end?: Date | undefined
}

/** Returns a certificate authority. @param chain certificates in DER, the root last */
export function authority(
  chain: readonly Buffer[],
  { uri = '', validFor }: { readonly uri?: string; readonly validFor?: TimeRange | undefined } = {},
): TrustRoot['certificateAuthorities'][number] {
  return {
    ...{ uri, operator: '', subject: { organization: '', commonName: '' } },
    certChain: { certificates: chain.map((rawBytes) => ({ rawBytes })) },
    validFor: { start: validFor?.start, end: validFor?.end },
  }
}

/** Returns a transparency log whose id is the hash of its key. @param key in DER (SPKI) */
export function log(
  key: Buffer,
  { baseUrl = '', validFor }: { readonly baseUrl?: string; readonly validFor?: TimeRange | undefined } = {},
): TrustRoot['tlogs'][number] {
  return {
    ...{ baseUrl, operator: '', hashAlgorithm: sha256, checkpointKeyId: undefined },
    logId: { keyId: createHash('sha256').update(key).digest() },
    publicKey: {
      ...{ rawBytes: key, keyDetails: unspecifiedKey },
      validFor: { start: validFor?.start, end: validFor?.end },
    },
  }
}

/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- the package that defines the enums is not a dependency */
/** `HashAlgorithm.SHA2_256` and `PublicKeyDetails.PUBLIC_KEY_DETAILS_UNSPECIFIED`, which means SPKI. */
const sha256 = 1 as TrustRoot['tlogs'][number]['hashAlgorithm']
const unspecifiedKey = 0 as NonNullable<TrustRoot['tlogs'][number]['publicKey']>['keyDetails']
