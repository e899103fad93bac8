/** Reads DSSE envelopes, which wrap signed attestations (secure-systems-lab/dsse, envelope.md). */
import * as t from 'io-ts'
import { readJson } from '../codec/json.js'
import { record } from '../codec/record-codec.js'

/** The signed content of an envelope, decoded. Its signatures have not been verified. */
export interface DssePayload {
  /** Media type of the payload: `application/vnd.in-toto+json`. */
  readonly payloadType: string
  readonly payload: Buffer
}

const EnvelopeCodec = record('a DSSE envelope', { payload: t.string, payloadType: t.string }, {})
const BundleCodec = record('a Sigstore bundle', { dsseEnvelope: EnvelopeCodec }, {})

/**
 * Returns the payload of a DSSE envelope, or of a Sigstore bundle that contains one.
 * @throws SIGNATURE_INVALID when `bytes` are neither
 */
export function dssePayload(bytes: Buffer, what = 'the attestation'): DssePayload {
  const about = { code: 'SIGNATURE_INVALID', what } as const
  const isBundle = bytes.includes('"dsseEnvelope"')
  const { payload, payloadType } = isBundle
    ? readJson(bytes, BundleCodec, about).dsseEnvelope
    : readJson(bytes, EnvelopeCodec, about)
  return { payloadType, payload: Buffer.from(payload, 'base64') }
}
