/**
 * What a manifest is: said by its `Content-Type`, by its `mediaType`, and by its shape. They are compared once, here, so
 * that no document is one thing to us and another to the next reader (CVE-2021-41190).
 */
import { unsupportedManifestType } from './artifact.js'
import { type JsonDocument, jsonError } from '../../codec/json.js'
import {
  isGenericType,
  isImageManifestType,
  isIndexType,
  isSchema1Type,
  mediaTypes,
  parseMediaType,
} from './media-types.js'
import { otherCase } from '../../codec/other-case.js'
import { printable, quoted } from '../../codec/printable.js'

export type ManifestKind = 'image' | 'index' | 'schema1'

export type DecidedBy = 'content-type' | 'media-type' | 'shape'

export interface ManifestType {
  readonly kind: ManifestKind
  readonly mediaType: string
  readonly decidedBy: DecidedBy
}

/** What a body has only if it is of that kind. */
const marks: Readonly<Record<ManifestKind, readonly string[]>> = {
  index: ['manifests'],
  image: ['layers', 'config'],
  schema1: ['fsLayers'],
}

const called: Readonly<Record<ManifestKind, string>> = {
  index: 'an index',
  image: 'an image manifest',
  schema1: 'a schema 1 manifest',
}

/** The fields that decide what the document is. */
const decisive = ['schemaVersion', 'mediaType', ...Object.values(marks).flat()]

function kindOf(type: string): ManifestKind | undefined {
  if (isImageManifestType(type)) return 'image'
  if (isIndexType(type)) return 'index'
  return isSchema1Type(type) ? 'schema1' : undefined
}

/** Signed or not, schema 1 is one type: registries name either for the same body. */
const same = (a: string, b: string): boolean => a === b || (isSchema1Type(a) && isSchema1Type(b))

/** The kinds that the body has the marks of, each with its first mark. A mark that is `null` is none. */
function shapesOf(body: object): { kind: ManifestKind; mark: string }[] {
  const kinds: ManifestKind[] = ['index', 'image', 'schema1']
  return kinds.flatMap((kind) => {
    const mark = marks[kind].find((field) => fieldOf(body, field) !== undefined)
    return mark === undefined ? [] : [{ kind, mark }]
  })
}

/** A document that Docker defined has to say its own type; OCI's may leave it out. */
const mustSayType = (type: string): boolean =>
  type === mediaTypes.dockerManifest || type === mediaTypes.dockerManifestList

/** An own field; `null` counts as none. */
const fieldOf = (body: object, field: string): unknown =>
  Object.hasOwn(body, field) ? ((body as Record<string, unknown>)[field] ?? undefined) : undefined

function checkFields(body: object, document: JsonDocument): void {
  const doubtful = otherCase(body, decisive)
  if (doubtful !== undefined)
    throw jsonError(document, `the key ${quoted(doubtful)} is a known one in other case`)
  const version = fieldOf(body, 'schemaVersion')
  if (version !== undefined && typeof version !== 'number')
    throw jsonError(document, 'Failed to find manifest schema version: schemaVersion is not a number')
}

/** Without parameters and in lower case; none where it says nothing. */
function mediaTypeIn(body: object, document: JsonDocument): string | undefined {
  const given = fieldOf(body, 'mediaType')
  if (given === undefined || given === '') return undefined
  const type = typeof given === 'string' ? parseMediaType(given) : undefined
  if (type === undefined) document.notice?.('mediaType: expected a media type; it is ignored')
  return type === undefined || isGenericType(type) ? undefined : type
}

/** What the header says, where it names a kind of manifest. */
function headerType(
  contentType: string | undefined,
  document: JsonDocument,
): { readonly known?: string; readonly foreign?: string } {
  const type = parseMediaType(contentType)
  if (type === undefined || isGenericType(type)) return {}
  if (kindOf(type) !== undefined) return { known: type }
  document.notice?.(
    `the Content-Type says ${printable(type)}, which is no manifest's: the document is believed`,
  )
  return { foreign: type }
}

/** What is known of the document beside its bytes. */
export interface DecideTypeOptions {
  /** The `Content-Type` as sent; parameters do not count. */
  readonly contentType?: string | undefined
  /** Whether the bytes have a digest that was asked for: then a header that contradicts them is only a notice. */
  readonly vouched?: boolean
}

/**
 * Decides the type of a parsed manifest: what it says itself, else what the header says, else its shape.
 *
 * Throws `UNSUPPORTED` for a document whose own type is of no image, `MANIFEST_UNSUPPORTED` where only a foreign header
 * tells what it is, and the document's code where two of the three contradict each other, so that readers would take it
 * for different things.
 */
export function decideType(
  body: object,
  { contentType, vouched = false }: DecideTypeOptions,
  document: JsonDocument,
): ManifestType {
  checkFields(body, document)
  const [shape, other] = shapesOf(body)
  if (shape !== undefined && other !== undefined)
    throw jsonError(
      document,
      `it is both ${called[shape.kind]} (${shape.mark}) and ${called[other.kind]} (${other.mark})`,
    )
  const own = mediaTypeIn(body, document)
  const ownKind = own === undefined ? undefined : kindOf(own)
  if (own !== undefined && ownKind === undefined)
    throw unsupportedManifestType(own, document.what, document.subject)
  if (own !== undefined && shape !== undefined && shape.kind !== ownKind)
    throw jsonError(
      document,
      `its mediaType says ${own}, but it has the ${shape.mark} of ${called[shape.kind]}`,
    )
  const header = headerType(contentType, document)
  const said = decideSaid(header.known, own, shape, { vouched, document })
  const kind = said === undefined ? shape?.kind : kindOf(said)
  if (kind === undefined) {
    if (header.foreign !== undefined)
      throw unsupportedManifestType(header.foreign, document.what, document.subject)
    throw jsonError(document, 'neither its type nor its fields say which kind of manifest it is')
  }
  if (said !== undefined && own === undefined && mustSayType(said))
    document.notice?.(`mediaType: it is missing and taken for ${said}`)
  if (said === undefined) return { kind, mediaType: defaultTypes[kind], decidedBy: 'shape' }
  return { kind, mediaType: said, decidedBy: said === header.known ? 'content-type' : 'media-type' }
}

/** The type to go by, of the header's and the document's own. */
function decideSaid(
  header: string | undefined,
  own: string | undefined,
  shape: { readonly kind: ManifestKind; readonly mark: string } | undefined,
  { vouched, document }: { readonly vouched: boolean; readonly document: JsonDocument },
): string | undefined {
  if (header === undefined) return own
  const told = own ?? (shape && kindOf(header) !== shape.kind ? defaultTypes[shape.kind] : header)
  if (same(header, told)) return header
  const contradiction =
    own === undefined
      ? `the Content-Type says ${header}, but it has the ${shape?.mark ?? ''} of ${called[shape?.kind ?? 'image']}`
      : `the Content-Type says ${header}, but its mediaType says ${own}`
  // Docker's and OCI's forms of one kind are read alike; of two kinds, a reader of the header runs something else.
  if (!vouched && kindOf(header) !== kindOf(told)) throw jsonError(document, contradiction)
  document.notice?.(`${contradiction}: the document is believed`)
  return told
}

/** Docker's own forms name their type; what names none is OCI's. */
const defaultTypes: Readonly<Record<ManifestKind, string>> = {
  image: mediaTypes.ociManifest,
  index: mediaTypes.ociIndex,
  schema1: mediaTypes.dockerSchema1,
}
