/**
 * Bytes that a registry or a layout served as a manifest, to what they are. The digest is checked before anything is
 * believed, the schema is decided once, and the bytes are kept as they came.
 */
import { Buffer } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { type Descriptor, DescriptorCodec, decisiveFields } from '../documents/descriptor.js'
import { type Digest, digestOf } from '../digest/digest.js'
import { type ImageIndex, indexOf } from '../documents/image-index.js'
import { type ImageManifest, ImageManifestCodec } from '../documents/image-manifest.js'
import { type JsonDocument, decodeJson, jsonError, parseJson } from '../../codec/json.js'
import { defaultLimits, type Limits, limitExceeded } from '../../limits.js'
import { type DecidedBy, type ManifestType, decideType } from '../documents/manifest-type.js'
import { isSchema1Type, parseMediaType } from '../documents/media-types.js'
import { otherCase } from '../../codec/other-case.js'
import { quoted } from '../../codec/printable.js'
import { type Schema1Manifest, Schema1ManifestCodec } from '../schema1/manifest.js'
import { type Schema1Signature, isSigned, signaturesIn, signedPayload } from '../schema1/payload.js'
import { digestMismatch, verifyManifest } from './verify-manifest.js'

/** What is known of the manifest beforehand: the digest asked for, or the descriptor that led to it. */
export interface ExpectedManifest {
  readonly digest?: Digest | undefined
  readonly mediaType?: string | undefined
  readonly size?: number | undefined
}

export interface ManifestInput {
  /** The body, byte for byte. */
  readonly bytes: Buffer
  /** The header as sent; undefined where there was none. */
  readonly contentType?: string | undefined
  readonly expected?: ExpectedManifest | undefined
  /** Who served it, and what was asked for: for messages. */
  readonly host: string
  readonly reference: string | { toString(): string }
  /** Refuse an answer without a usable `Content-Type`, where else the body decides. */
  readonly strictContentType?: boolean | undefined
  /** The defaults, unless said otherwise. */
  readonly limits?: Pick<Limits, 'manifestBytes' | 'indexEntries'> | undefined
}

interface Decided {
  /** `size` is of the bytes as they came; `digest` is the one asked for, else sha256 (of the payload, if signed). */
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly decidedBy: DecidedBy
  /** What was left out, filled in or ignored, each in a sentence that names the place in the document. */
  readonly notices: readonly string[]
}

export type ManifestDocument = Decided &
  (
    | { readonly kind: 'image'; readonly manifest: ImageManifest }
    | { readonly kind: 'index'; readonly index: ImageIndex }
    | ({ readonly kind: 'schema1'; readonly schema1: Schema1Manifest } & Schema1Signed)
  )

interface Schema1Signed {
  /** What of the bytes is signed; all of them where nothing is. */
  readonly payload: Buffer
  /** Not verified here. */
  readonly signatures: readonly Schema1Signature[]
}

/** Notices kept of one document: a hostile one has a wrong field every few bytes. */
const maxNotices = 1_000

/**
 * The one decision. Throws `LIMIT_EXCEEDED`, `MANIFEST_UNKNOWN` (no bytes), `SIZE_MISMATCH`, `DIGEST_MISMATCH` (before any
 * other look at the body), `UNSUPPORTED` and `MANIFEST_UNSUPPORTED` for what is no image, and `MANIFEST_INVALID` with the
 * path inside the JSON.
 */
export function decideManifest(input: ManifestInput): ManifestDocument {
  const { bytes, contentType, expected, host, limits = defaultLimits } = input
  const reference = input.reference.toString()
  const subject = { reference, host }
  const of = `of ${reference} from ${host}`
  if (bytes.length > limits.manifestBytes)
    throw limitExceeded(
      `the manifest ${of} has ${bytes.length} bytes`,
      'manifestBytes',
      limits.manifestBytes,
      subject,
    )
  if (bytes.length === 0)
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `image manifest does not exist for tag or digest: ${reference} (${host} answered with no bytes)`,
      subject,
    )
  const notices: string[] = []
  const notice = (text: string): void => {
    if (notices.length < maxNotices) notices.push(text)
  }
  const document = { code: 'MANIFEST_INVALID', what: `the manifest JSON ${of}`, subject, notice } as const
  const said = parseMediaType(contentType) ?? ''
  const verifiedBy = verifyManifest(bytes, expected ?? {}, document, isSchema1Type(said))
  if (input.strictContentType === true && said === '')
    throw new WindlassError(
      'REGISTRY_RESPONSE',
      `No Content-Type present in the manifest answer ${of}`,
      subject,
    )

  const body = objectIn(bytes, document)
  const type = decideType(body, { contentType, vouched: verifiedBy !== 'nothing' }, document)
  compareExpectedType(type, expected?.mediaType, notice)

  const signed = type.kind === 'schema1' && isSigned(body)
  // A payload that has the digest vouches for nothing else in the body.
  if (verifiedBy === 'payload' && !signed && expected?.digest !== undefined)
    throw digestMismatch(bytes, expected.digest, document)
  const payload = signed ? Buffer.from(signedPayload(bytes, body, document)) : bytes
  const believed = signed ? objectIn(payload, document) : body
  // What is signed must be of that type by itself, without what was put around it.
  if (signed) decideType(believed, { contentType: type.mediaType }, document)
  const decided = {
    descriptor: {
      mediaType: type.mediaType,
      digest: expected?.digest ?? digestOf(payload),
      size: bytes.length,
    },
    bytes,
    decidedBy: type.decidedBy,
    notices,
  }
  const entries = 'manifests' in believed && Array.isArray(believed.manifests) ? believed.manifests.length : 0
  if (type.kind === 'index' && entries > limits.indexEntries)
    throw limitExceeded(
      `the index ${of} lists ${entries} manifests`,
      'indexEntries',
      limits.indexEntries,
      subject,
    )
  const content = decode(type, believed, document)
  if (content.kind !== 'schema1') return { ...decided, ...content }
  return { ...decided, ...content, payload, signatures: signaturesIn(body, document) }
}

function objectIn(bytes: Uint8Array, document: JsonDocument): object {
  const value = parseJson(bytes, document)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw jsonError(document, 'expected an object')
}

/** The digest says that it is the document that was meant, whatever its descriptor says that it is. */
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

/** The body as its kind has it; a failure names the schema and the path. */
function decode({ kind }: ManifestType, body: unknown, document: JsonDocument): Content {
  switch (kind) {
    case 'image': {
      const schema2 = { ...document, what: document.what.replace('manifest', 'schema 2 manifest') }
      const manifest = decodeJson(ImageManifestCodec, body, schema2)
      checkDescriptors([manifest.config, ...manifest.layers], schema2)
      return { kind, manifest }
    }
    case 'index': {
      return { kind, index: indexOf(body, document) }
    }
    case 'schema1': {
      const schema1 = { ...document, what: document.what.replace('manifest', 'schema 1 manifest') }
      return { kind, schema1: decodeJson(Schema1ManifestCodec, body, schema1) }
    }
  }
}

function checkDescriptors(descriptors: readonly Descriptor[], document: JsonDocument): void {
  for (const descriptor of descriptors) {
    const doubtful = otherCase(descriptor, decisiveFields)
    if (doubtful !== undefined)
      throw jsonError(
        document,
        `the key ${quoted(doubtful)} of ${DescriptorCodec.name} is a known one in other case`,
      )
  }
}
