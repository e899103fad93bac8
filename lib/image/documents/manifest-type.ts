/**
 * Decides the kind of a manifest from its `Content-Type`, its `mediaType` and its fields. A document whose types
 * contradict each other is rejected, because another tool could interpret it differently (CVE-2021-41190).
 */
import { unsupportedManifestError } from './artifact.js'
import { type JsonDocument, jsonError } from '../../codec/json.js'
import {
  isGenericType,
  isImageManifestType,
  isIndexType,
  isSchema1Type,
  mediaTypes,
  parseMediaType,
} from './media-types.js'
import { keyInOtherCase } from '../../codec/other-case.js'
import { printable, quoted } from '../../codec/printable.js'

/** Kind of a manifest. */
export type ManifestKind = 'image' | 'index' | 'schema1'

/**
 * What determined the media type: the `Content-Type`, the `mediaType` field, or the presence of fields such as
 * `layers`.
 */
export type DecidedBy = 'content-type' | 'media-type' | 'shape'

/** The type of a manifest, and what determined it. */
export interface ManifestType {
  readonly kind: ManifestKind
  /** Media type in lower case, without parameters. */
  readonly mediaType: string
  readonly decidedBy: DecidedBy
}

/** The fields that identify each kind. */
const kindFields: Readonly<Record<ManifestKind, readonly string[]>> = {
  index: ['manifests'],
  image: ['layers', 'config'],
  schema1: ['fsLayers'],
}

const kindLabels: Readonly<Record<ManifestKind, string>> = {
  index: 'an index',
  image: 'an image manifest',
  schema1: 'a schema 1 manifest',
}

/** All fields that determine the kind of a document. */
const kindDecidingFields = ['schemaVersion', 'mediaType', ...Object.values(kindFields).flat()]

function kindOf(type: string): ManifestKind | undefined {
  if (isImageManifestType(type)) return 'image'
  if (isIndexType(type)) return 'index'
  return isSchema1Type(type) ? 'schema1' : undefined
}

/**
 * Returns whether two types are equal. The signed and unsigned types of schema 1 count as equal, because registries use
 * either for the same body.
 */
const isSameType = (a: string, b: string): boolean => a === b || (isSchema1Type(a) && isSchema1Type(b))

/**
 * Returns the kinds whose fields the body has, each with the first such field. A field with the value `null` is
 * ignored.
 */
function shapesOf(body: object): { kind: ManifestKind; field: string }[] {
  const kinds: ManifestKind[] = ['index', 'image', 'schema1']
  return kinds.flatMap((kind) => {
    const field = kindFields[kind].find((each) => fieldOf(body, each) !== undefined)
    return field === undefined ? [] : [{ kind, field }]
  })
}

/** Returns whether documents of `type` require a `mediaType` field: Docker's do, OCI's do not. */
const requiresMediaType = (type: string): boolean =>
  type === mediaTypes.dockerManifest || type === mediaTypes.dockerManifestList

/** Returns an own field; undefined if it is absent or `null`. */
const fieldOf = (body: object, field: string): unknown =>
  Object.hasOwn(body, field) ? ((body as Record<string, unknown>)[field] ?? undefined) : undefined

function checkFields(body: object, document: JsonDocument): void {
  const ambiguous = keyInOtherCase(body, kindDecidingFields)
  if (ambiguous !== undefined)
    throw jsonError(document, `the key ${quoted(ambiguous)} differs only in case from a known key`)
  const version = fieldOf(body, 'schemaVersion')
  if (version !== undefined && typeof version !== 'number')
    throw jsonError(document, 'Failed to find manifest schema version: schemaVersion is not a number')
}

/** Returns the `mediaType` field in lower case without parameters, or undefined if it is missing or generic. */
function mediaTypeIn(body: object, document: JsonDocument): string | undefined {
  const given = fieldOf(body, 'mediaType')
  if (given === undefined || given === '') return undefined
  const type = typeof given === 'string' ? parseMediaType(given) : undefined
  if (type === undefined) document.notice?.('mediaType: expected a media type; it is ignored')
  return type === undefined || isGenericType(type) ? undefined : type
}

/**
 * Returns the type in the `Content-Type`: as `manifestType` if it is that of a manifest, as `otherType` if it is
 * another specific type. Returns an empty object for a missing or generic type.
 */
function headerType(
  contentType: string | undefined,
  document: JsonDocument,
): { readonly manifestType?: string; readonly otherType?: string } {
  const type = parseMediaType(contentType)
  if (type === undefined || isGenericType(type)) return {}
  if (kindOf(type) !== undefined) return { manifestType: type }
  document.notice?.(`the Content-Type ${printable(type)} is not that of a manifest; the document decides`)
  return { otherType: type }
}

/** What is known about a manifest besides its body. */
export interface DecideTypeOptions {
  /** The `Content-Type` header as received. Parameters are ignored. */
  readonly contentType?: string | undefined
  /** Whether the digest of the body has been verified. If so, a header that contradicts the body is not an error. */
  readonly digestVerified?: boolean
}

/**
 * Decides the type of a parsed manifest. The `mediaType` field has precedence over the header, and the header over the
 * fields of the document.
 *
 * @throws UNSUPPORTED or MANIFEST_UNSUPPORTED if the media type is not that of an image, index or schema 1 manifest
 * @throws the code of `document` if the types contradict each other, or none of them determines the kind
 */
export function decideType(
  body: object,
  { contentType, digestVerified = false }: DecideTypeOptions,
  document: JsonDocument,
): ManifestType {
  checkFields(body, document)
  const [shape, other] = shapesOf(body)
  if (shape !== undefined && other !== undefined)
    throw jsonError(
      document,
      `it is both ${kindLabels[shape.kind]} (${shape.field}) and ${kindLabels[other.kind]} (${other.field})`,
    )
  const own = mediaTypeIn(body, document)
  const ownKind = own === undefined ? undefined : kindOf(own)
  if (own !== undefined && ownKind === undefined)
    throw unsupportedManifestError(own, document.what, document.subject)
  if (own !== undefined && shape !== undefined && shape.kind !== ownKind)
    throw jsonError(
      document,
      `its mediaType is ${own}, but it has the ${shape.field} of ${kindLabels[shape.kind]}`,
    )
  const header = headerType(contentType, document)
  const chosen = chooseType(header.manifestType, own, shape, { digestVerified, document })
  const kind = chosen === undefined ? shape?.kind : kindOf(chosen)
  if (kind === undefined) {
    if (header.otherType !== undefined)
      throw unsupportedManifestError(header.otherType, document.what, document.subject)
    throw jsonError(document, 'neither its type nor its fields show which kind of manifest it is')
  }
  if (chosen !== undefined && own === undefined && requiresMediaType(chosen))
    document.notice?.(`mediaType: it is missing; ${chosen} is assumed`)
  if (chosen === undefined) return { kind, mediaType: defaultTypes[kind], decidedBy: 'shape' }
  return {
    kind,
    mediaType: chosen,
    decidedBy: chosen === header.manifestType ? 'content-type' : 'media-type',
  }
}

/**
 * Chooses between the type in the header and `own`, the type in the document. Returns undefined if neither has one.
 * @param shape the kind that the fields of the document imply
 */
function chooseType(
  header: string | undefined,
  own: string | undefined,
  shape: { readonly kind: ManifestKind; readonly field: string } | undefined,
  { digestVerified, document }: { readonly digestVerified: boolean; readonly document: JsonDocument },
): string | undefined {
  if (header === undefined) return own
  const actual = own ?? (shape && kindOf(header) !== shape.kind ? defaultTypes[shape.kind] : header)
  if (isSameType(header, actual)) return header
  const contradiction =
    own === undefined
      ? `the Content-Type is ${header}, but it has the ${shape?.field ?? ''} of ${kindLabels[shape?.kind ?? 'image']}`
      : `the Content-Type is ${header}, but its mediaType is ${own}`
  // Docker's and OCI's types of one kind are equivalent. If the kinds differ, a tool that trusts the header would
  // interpret the document differently.
  if (!digestVerified && kindOf(header) !== kindOf(actual)) throw jsonError(document, contradiction)
  document.notice?.(`${contradiction}; the document decides`)
  return actual
}

/** Media types of documents that have none. Docker's documents require one, so a document without one is OCI's. */
const defaultTypes: Readonly<Record<ManifestKind, string>> = {
  image: mediaTypes.ociManifest,
  index: mediaTypes.ociIndex,
  schema1: mediaTypes.dockerSchema1,
}
