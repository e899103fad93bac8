/**
 * Verifies and parses manifests. The digest is verified before the content is used, and the bytes are kept unchanged.
 */
import { Buffer } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { type Descriptor, DescriptorCodec, decisiveFields } from '../documents/descriptor.js'
import { type Digest, digestOf } from '../digest/digest.js'
import { type ImageIndex, decodeIndex } from '../documents/image-index.js'
import { type ImageManifest, ImageManifestCodec } from '../documents/image-manifest.js'
import { type JsonDocument, decodeJson, jsonError, parseJson } from '../../codec/json.js'
import { defaultLimits, type Limits, limitExceeded } from '../../limits.js'
import { type DecidedBy, type ManifestType, decideType } from '../documents/manifest-type.js'
import { isSchema1Type, parseMediaType } from '../documents/media-types.js'
import { formatBytes, formatCount } from '../../quantities.js'
import { keyInOtherCase } from '../../codec/other-case.js'
import { quoted } from '../../codec/printable.js'
import { type Schema1Manifest, Schema1ManifestCodec } from '../schema1/manifest.js'
import { type Schema1Signature, isSigned, signaturesIn, signedPayload } from '../schema1/payload.js'
import { digestMismatchError, verifyManifest } from './verify-manifest.js'

/** Known properties of a manifest: from the requested digest, or from the descriptor that refers to it. */
export interface ExpectedManifest {
  readonly digest?: Digest | undefined
  readonly mediaType?: string | undefined
  readonly size?: number | undefined
}

/** A manifest as received, with its context. */
export interface ManifestInput {
  /** The body, unchanged. */
  readonly bytes: Buffer
  /** The `Content-Type` header as received; undefined if there was none. */
  readonly contentType?: string | undefined
  readonly expected?: ExpectedManifest | undefined
  /** Host that served the manifest, and the requested reference, for messages. */
  readonly host: string
  readonly reference: string | { toString(): string }
  /** Whether to reject a response without a usable `Content-Type`. Default: the body decides. */
  readonly strictContentType?: boolean | undefined
  /** Default: `defaultLimits`. */
  readonly limits?: Pick<Limits, 'manifestBytes' | 'indexEntries'> | undefined
}

/** The fields that all kinds of documents have. */
interface CommonFields {
  /**
   * `size` is the length of `bytes`. `digest` is the requested one; if none was requested, the sha256 of `bytes`, or
   * of the signed payload.
   */
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly decidedBy: DecidedBy
  /** Messages about values that were ignored or filled in, each with its path in the document. */
  readonly notices: readonly string[]
}

/** A verified manifest of one of the three kinds. */
export type ManifestDocument = CommonFields &
  (
    | { readonly kind: 'image'; readonly manifest: ImageManifest }
    | { readonly kind: 'index'; readonly index: ImageIndex }
    | ({ readonly kind: 'schema1'; readonly schema1: Schema1Manifest } & Schema1Signed)
  )

/** A document that is an index. */
export type IndexDocument = Extract<ManifestDocument, { readonly kind: 'index' }>
/** A document that is an image manifest. */
export type ImageDocument = Extract<ManifestDocument, { readonly kind: 'image' }>
/** A document that is a schema 1 manifest. */
export type Schema1Document = Extract<ManifestDocument, { readonly kind: 'schema1' }>

interface Schema1Signed {
  /** The signed part of the bytes; all bytes if the manifest is not signed. */
  readonly payload: Buffer
  /** The signatures, not verified. */
  readonly signatures: readonly Schema1Signature[]
}

/** Maximum number of notices per document. A malicious document may have an invalid field every few bytes. */
const maxNotices = 1_000

/**
 * Verifies and parses a manifest. The digest is verified before the content is used.
 * @throws LIMIT_EXCEEDED if the body or the number of index entries is too large
 * @throws MANIFEST_UNKNOWN if the body is empty
 * @throws SIZE_MISMATCH or DIGEST_MISMATCH if the body is not the expected one
 * @throws REGISTRY_RESPONSE if `strictContentType` is set and the `Content-Type` is not usable
 * @throws UNSUPPORTED or MANIFEST_UNSUPPORTED if it is not the manifest of an image
 * @throws MANIFEST_INVALID if it is not a valid manifest; the message names the path inside the document
 */
export function parseManifest(input: ManifestInput): ManifestDocument {
  const { bytes, contentType, expected, host, limits = defaultLimits } = input
  const reference = input.reference.toString()
  const subject = { reference, host }
  const origin = `of ${reference} from ${host}`
  if (bytes.length > limits.manifestBytes)
    throw limitExceeded(
      `The manifest ${origin} has ${formatBytes(bytes.length)}`,
      'manifestBytes',
      limits.manifestBytes,
      subject,
    )
  if (bytes.length === 0)
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `image manifest does not exist for tag or digest: ${reference} (${host} sent an empty response)`,
      subject,
    )
  const notices: string[] = []
  const notice = (text: string): void => {
    if (notices.length < maxNotices) notices.push(text)
  }
  const document = { code: 'MANIFEST_INVALID', what: `the manifest JSON ${origin}`, subject, notice } as const
  const declaredType = parseMediaType(contentType) ?? ''
  const verifiedBy = verifyManifest(bytes, expected ?? {}, document, isSchema1Type(declaredType))
  if (input.strictContentType === true && declaredType === '')
    throw new WindlassError(
      'REGISTRY_RESPONSE',
      `No Content-Type present in the response with the manifest ${origin}`,
      subject,
    )

  const body = parseObject(bytes, document)
  const type = decideType(body, { contentType, digestVerified: verifiedBy !== 'nothing' }, document)
  compareExpectedType(type, expected?.mediaType, notice)

  const signed = type.kind === 'schema1' && isSigned(body)
  // Only a signed payload has the requested digest, but the body as a whole does not count as a signed manifest.
  if (verifiedBy === 'payload' && !signed && expected?.digest !== undefined)
    throw digestMismatchError(bytes, expected.digest, document)
  const payload = signed ? Buffer.from(signedPayload(bytes, body, document)) : bytes
  const trusted = signed ? parseObject(payload, document) : body
  // The signed payload must have this type without the unsigned fields around it.
  if (signed) decideType(trusted, { contentType: type.mediaType }, document)
  const common = {
    descriptor: {
      mediaType: type.mediaType,
      digest: expected?.digest ?? digestOf(payload),
      size: bytes.length,
    },
    bytes,
    decidedBy: type.decidedBy,
    notices,
  }
  const entries = 'manifests' in trusted && Array.isArray(trusted.manifests) ? trusted.manifests.length : 0
  if (type.kind === 'index' && entries > limits.indexEntries)
    throw limitExceeded(
      `The index ${origin} lists ${formatCount(entries, 'manifest')}`,
      'indexEntries',
      limits.indexEntries,
      subject,
    )
  const content = decodeContent(type, trusted, document)
  if (content.kind !== 'schema1') return { ...common, ...content }
  return { ...common, ...content, payload, signatures: signaturesIn(body, document) }
}

function parseObject(bytes: Uint8Array, document: JsonDocument): object {
  const value = parseJson(bytes, document)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw jsonError(document, 'expected an object')
}

/**
 * Compares the type with that of the descriptor. A difference is a notice only, because the digest has been verified.
 */
function compareExpectedType(
  { mediaType }: ManifestType,
  expected: string | undefined,
  notice: (text: string) => void,
): void {
  if (expected === undefined || expected.toLowerCase() === mediaType) return
  if (isSchema1Type(expected.toLowerCase()) && isSchema1Type(mediaType)) return
  notice(`its descriptor says ${quoted(expected)}, but it is ${mediaType}`)
}

type Content =
  | { kind: 'image'; manifest: ImageManifest }
  | { kind: 'index'; index: ImageIndex }
  | { kind: 'schema1'; schema1: Schema1Manifest }

/** Decodes the body as a document of the kind. The message of an error names the schema and the path. */
function decodeContent({ kind }: ManifestType, body: unknown, document: JsonDocument): Content {
  switch (kind) {
    case 'image': {
      const schema2 = { ...document, what: document.what.replace('manifest', 'schema 2 manifest') }
      const manifest = decodeJson(ImageManifestCodec, body, schema2)
      checkDescriptors([manifest.config, ...manifest.layers], schema2)
      return { kind, manifest }
    }
    case 'index': {
      return { kind, index: decodeIndex(body, document) }
    }
    case 'schema1': {
      const schema1 = { ...document, what: document.what.replace('manifest', 'schema 1 manifest') }
      return { kind, schema1: decodeJson(Schema1ManifestCodec, body, schema1) }
    }
  }
}

function checkDescriptors(descriptors: readonly Descriptor[], document: JsonDocument): void {
  for (const descriptor of descriptors) {
    const ambiguous = keyInOtherCase(descriptor, decisiveFields)
    if (ambiguous !== undefined)
      throw jsonError(
        document,
        `the key ${quoted(ambiguous)} of ${DescriptorCodec.name} differs only in case from a known key`,
      )
  }
}
