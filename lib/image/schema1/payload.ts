/**
 * What a signed schema 1 manifest signs. Its digest is over this payload, and only this is believed: what
 * stands around it in the body was put there by whoever sent it.
 */
import { Buffer } from 'node:buffer'
import * as t from 'io-ts'
import { SizeCodec } from '../documents/descriptor.js'
import { type JsonDocument, decodeJson, jsonError, parseJson, readJson } from '../../codec/json.js'
import { listOf } from '../../codec/list-of.js'

const base64url = /^[A-Za-z0-9_-]+$/

const Base64Url = new t.Type<string, unknown, unknown>(
  'unpadded base64url',
  (value): value is string => typeof value === 'string' && base64url.test(value),
  (value, context) =>
    typeof value === 'string' && base64url.test(value) ? t.success(value) : t.failure(value, context),
  t.identity,
)

const Signature = t.intersection(
  [
    t.type({ protected: Base64Url }, 'a signature'),
    t.partial({ signature: Base64Url, header: t.UnknownRecord }, 'a signature'),
  ],
  'a signature',
)

/** One of the signatures around a manifest, as it stands there (libtrust's form of RFC 7515 §7.2.1). */
export type Schema1Signature = Readonly<t.TypeOf<typeof Signature>>

const SignedCodec = t.type({ signatures: listOf(Signature, 'a list of signatures') }, 'a signed manifest')

/** The protected header: the payload is the body's first `formatLength` bytes and then `formatTail`. */
const ProtectedCodec = t.type({ formatLength: SizeCodec, formatTail: Base64Url }, 'a protected header')

/** Whether a parsed body has JSON web signatures around it. */
export const isSigned = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, 'signatures')

/** The signatures of a parsed body; none of one that is not signed. Throws the document's code for what is no signature. */
export const signaturesIn = (body: unknown, document: JsonDocument): readonly Schema1Signature[] =>
  isSigned(body)
    ? decodeJson(SignedCodec, body, { ...document, what: `the signatures of ${document.what}` }).signatures
    : []

/**
 * The signed bytes of `bytes`, whose parsed form is `body`. No signature is verified here. Throws the document's code
 * where the signatures disagree about the payload or do not lie inside the body.
 */
export function signedPayload(bytes: Uint8Array, body: unknown, document: JsonDocument): Uint8Array {
  const about = { ...document, what: `the signatures of ${document.what}` }
  const formats = signaturesIn(body, document).map((signature) =>
    readJson(Buffer.from(signature.protected, 'base64url'), ProtectedCodec, about),
  )
  const [format] = formats
  if (format === undefined) throw jsonError(about, 'there are none')
  const { formatLength, formatTail } = format
  if (formats.some((one) => one.formatLength !== formatLength || one.formatTail !== formatTail))
    throw jsonError(about, 'they sign different payloads')
  if (formatLength > bytes.length)
    throw jsonError(about, `they sign ${formatLength} bytes of a body of ${bytes.length}`)
  return Buffer.concat([bytes.subarray(0, formatLength), Buffer.from(formatTail, 'base64url')])
}

/** The payload if `bytes` are a signed manifest from which one can be had; undefined for anything else. */
export function payloadIfSigned(bytes: Uint8Array, document: JsonDocument): Uint8Array | undefined {
  try {
    const body = parseJson(bytes, document)
    return isSigned(body) ? signedPayload(bytes, body, document) : undefined
  } catch {
    return undefined
  }
}
