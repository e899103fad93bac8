/**
 * Extracts the signed payload of schema 1 manifests. The digest of a signed manifest is that of its payload. Other
 * parts of the body are not authenticated and must not be trusted.
 */
import { Buffer } from 'node:buffer'
import * as t from 'io-ts'
import { SizeCodec } from '../documents/descriptor.js'
import { type JsonDocument, decodeJson, jsonError, parseJson, readJson } from '../../codec/json.js'
import { listOf } from '../../codec/list-of.js'

const base64url = /^[A-Za-z0-9_-]+$/

const Base64UrlCodec = new t.Type<string, unknown, unknown>(
  'unpadded base64url',
  (value): value is string => typeof value === 'string' && base64url.test(value),
  (value, context) =>
    typeof value === 'string' && base64url.test(value) ? t.success(value) : t.failure(value, context),
  t.identity,
)

const SignatureCodec = t.intersection(
  [
    t.type({ protected: Base64UrlCodec }, 'a signature'),
    t.partial({ signature: Base64UrlCodec, header: t.UnknownRecord }, 'a signature'),
  ],
  'a signature',
)

/** A signature in the form in which a schema 1 manifest contains it (RFC 7515 §7.2.1, as libtrust writes it). */
export type Schema1Signature = Readonly<t.TypeOf<typeof SignatureCodec>>

const SignedCodec = t.type(
  { signatures: listOf(SignatureCodec, 'a list of signatures') },
  'a signed manifest',
)

/** The protected header. The payload consists of the first `formatLength` bytes of the body and `formatTail`. */
const ProtectedCodec = t.type({ formatLength: SizeCodec, formatTail: Base64UrlCodec }, 'a protected header')

/** Returns whether a parsed body has a field with JSON web signatures. */
export const isSigned = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, 'signatures')

/**
 * Returns the signatures of a parsed body; an empty list if it is not signed.
 * @throws WindlassError with the code that `document` states, if a signature is malformed
 */
export const signaturesIn = (body: unknown, document: JsonDocument): readonly Schema1Signature[] =>
  isSigned(body)
    ? decodeJson(SignedCodec, body, { ...document, what: `the signatures of ${document.what}` }).signatures
    : []

/**
 * Returns the signed payload of `bytes`. Does not verify the signatures.
 * @param body the parsed form of `bytes`
 * @throws WindlassError with the code that `document` states, if there are no signatures, they sign different payloads,
 *   or the payload is larger than the body
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
    throw jsonError(about, `they sign ${formatLength} bytes of a body of ${bytes.length} bytes`)
  return Buffer.concat([bytes.subarray(0, formatLength), Buffer.from(formatTail, 'base64url')])
}

/** Returns the payload if `bytes` are a well-formed signed manifest, otherwise undefined. */
export function payloadIfSigned(bytes: Uint8Array, document: JsonDocument): Uint8Array | undefined {
  try {
    const body = parseJson(bytes, document)
    return isSigned(body) ? signedPayload(bytes, body, document) : undefined
  } catch {
    return undefined
  }
}
