/** Reads the signatures of cosign 3: Sigstore bundles with an in-toto statement in a DSSE envelope. */
import * as t from 'io-ts'
import { WindlassError } from '../errors.js'
import { listOf } from '../codec/list-of.js'
import { parseJson, readJson } from '../codec/json.js'
import { printable } from '../codec/printable.js'
import { record } from '../codec/record-codec.js'
import type { Digest } from '../image/index.js'
import type { Signature } from './signature.js'

/** Maximum size of a bundle in bytes. Bundles with a log entry and timestamps have about 10 kB. */
export const maxBundleBytes = 1024 * 1024

/** Predicate type of the statement that an image is signed. Other statements are attestations. */
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1'

const inToto = 'application/vnd.in-toto+json'

const StatementCodec = record(
  'an in-toto statement',
  {
    _type: t.keyof({ 'https://in-toto.io/Statement/v1': null, 'https://in-toto.io/Statement/v0.1': null }),
    predicateType: t.string,
    subject: listOf(record('a subject', { digest: t.record(t.string, t.string) }, {}), 'subjects'),
  },
  {},
)

/**
 * Parses a bundle.
 * @param manifest digest of the manifest that holds it
 * @throws SIGNATURE_INVALID if it is not a valid bundle with a signature of an image
 */
export async function bundleSignature(bytes: Buffer, manifest: Digest): Promise<Signature> {
  const what = `the signature ${manifest}`
  const about = { code: 'SIGNATURE_INVALID', what, subject: { digest: manifest } } as const
  const { bundleFromJSON } = await import('@sigstore/bundle')
  const json = parseJson(bytes, about)
  let bundle: ReturnType<typeof bundleFromJSON>
  try {
    bundle = bundleFromJSON(json)
  } catch (cause) {
    throw invalidError(
      what,
      `it is not a valid bundle: ${cause instanceof Error ? printable(cause.message) : ''}`,
      cause,
    )
  }
  if (bundle.content.$case !== 'dsseEnvelope')
    throw invalidError(what, 'its bundle has a signature without a statement, which is for files')
  const { payload, payloadType, signatures } = bundle.content.dsseEnvelope
  if (payloadType !== inToto) throw invalidError(what, `its payload is of the type ${printable(payloadType)}`)
  const { subject, predicateType } = readJson(payload, StatementCodec, about)
  if (predicateType !== signPredicate)
    throw invalidError(what, `it is an attestation (${printable(predicateType)}), not a signature`)
  const { content } = bundle.verificationMaterial
  return {
    ...{ manifest, form: 'bundle', bundle },
    claim: {
      digests: subject.flatMap(({ digest }) =>
        Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
      ),
      reference: undefined,
    },
    signed: preAuthEncoding(payloadType, payload),
    signature: signatures[0]?.sig ?? Buffer.alloc(0),
    keyHint: content.$case === 'publicKey' ? content.publicKey.hint : undefined,
    hasCertificate: content.$case !== 'publicKey',
  }
}

/** Returns the bytes that a DSSE signature covers (secure-systems-lab/dsse, protocol.md, PAE). */
const preAuthEncoding = (payloadType: string, payload: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ])

const invalidError = (what: string, problem: string, cause?: unknown): WindlassError =>
  new WindlassError('SIGNATURE_INVALID', `Failed to read ${what}: ${problem}`, { cause })
