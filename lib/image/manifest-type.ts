/**
 * What a manifest is: said by its `Content-Type`, by its `mediaType`, and by its shape. They are heard once, here, and
 * must agree (C2, C5; CVE-2021-41190).
 */
import { WindlassError } from '../errors.js'
import { type JsonDocument, jsonError } from './json.js'
import {
  isGenericType,
  isImageManifestType,
  isIndexType,
  isSchema1Type,
  mediaTypes,
  parseMediaType,
} from './media-types.js'
import { otherCase } from './other-case.js'
import { printable, quoted } from './printable.js'

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

const fields = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'subject',
  'annotations',
  ...Object.values(marks).flat(),
]

function kindOf(type: string): ManifestKind | undefined {
  if (isImageManifestType(type)) return 'image'
  if (isIndexType(type)) return 'index'
  return isSchema1Type(type) ? 'schema1' : undefined
}

/** The type as a known kind; a generic one counts as none. Throws `MANIFEST_UNSUPPORTED` for another (S0-21). */
function known(type: string | undefined, document: JsonDocument): string | undefined {
  if (type === undefined || isGenericType(type)) return undefined
  if (kindOf(type) !== undefined) return type
  throw new WindlassError(
    'MANIFEST_UNSUPPORTED',
    `Unsupported manifest MIME type: ${printable(type)} (${document.what})`,
    document.subject,
  )
}

/** Signed or not, schema 1 is one type: registries name either for the same body. */
const same = (a: string, b: string): boolean => a === b || (isSchema1Type(a) && isSchema1Type(b))

/** The kinds that the body has the marks of, each with its first mark. */
function shapesOf(body: object): { kind: ManifestKind; mark: string }[] {
  const kinds: ManifestKind[] = ['index', 'image', 'schema1']
  return kinds.flatMap((kind) => {
    const mark = marks[kind].find((field) => Object.hasOwn(body, field))
    return mark === undefined ? [] : [{ kind, mark }]
  })
}

/** A document that Docker defined has to say its own type; OCI's may leave it out (S0-45). */
const mustSayType = (type: string): boolean =>
  type === mediaTypes.dockerManifest || type === mediaTypes.dockerManifestList

function checkFields(body: object, document: JsonDocument): void {
  const doubtful = otherCase(body, fields)
  if (doubtful !== undefined)
    throw jsonError(document, `the key ${quoted(doubtful)} is a known one in other case`)
  if ('schemaVersion' in body && typeof body.schemaVersion !== 'number')
    throw jsonError(document, 'Failed to find manifest schema version: schemaVersion is not a number')
}

function mediaTypeIn(body: object, document: JsonDocument): string | undefined {
  if (!('mediaType' in body)) return undefined
  if (typeof body.mediaType !== 'string') throw jsonError(document, 'mediaType: expected string')
  return body.mediaType === '' ? undefined : body.mediaType.toLowerCase()
}

/**
 * Decides the type of a parsed manifest. `contentType` is the header as sent; parameters do not count (S0-19), and a
 * generic or invalid one decides nothing. Throws `MANIFEST_UNSUPPORTED` for a type that is not ours and the document's
 * code where two of the three contradict each other, naming both.
 */
export function decideType(
  body: object,
  contentType: string | undefined,
  document: JsonDocument,
): ManifestType {
  checkFields(body, document)
  const header = known(parseMediaType(contentType), document)
  const own = known(mediaTypeIn(body, document), document)
  if (header !== undefined && own !== undefined && !same(header, own))
    throw jsonError(document, `the Content-Type says ${header}, but its mediaType says ${own}`)

  const [shape, other] = shapesOf(body)
  if (shape !== undefined && other !== undefined)
    throw jsonError(
      document,
      `it is both ${called[shape.kind]} (${shape.mark}) and ${called[other.kind]} (${other.mark})`,
    )

  const said = header ?? own
  const kind = said === undefined ? shape?.kind : kindOf(said)
  if (kind === undefined)
    throw jsonError(document, 'neither its type nor its fields say which kind of manifest it is')
  if (said !== undefined && shape !== undefined && shape.kind !== kind)
    throw jsonError(
      document,
      `${header === undefined ? 'its mediaType' : 'the Content-Type'} says ${said}, ` +
        `but it has the ${shape.mark} of ${called[shape.kind]}`,
    )
  if (said !== undefined && own === undefined && mustSayType(said))
    throw jsonError(document, `mediaType: expected ${said}, got nothing`)

  if (said === undefined) return { kind, mediaType: defaultTypes[kind], decidedBy: 'shape' }
  return { kind, mediaType: said, decidedBy: header === undefined ? 'media-type' : 'content-type' }
}

/** Docker's own forms name their type; what names none is OCI's. */
const defaultTypes: Readonly<Record<ManifestKind, string>> = {
  image: mediaTypes.ociManifest,
  index: mediaTypes.ociIndex,
  schema1: mediaTypes.dockerSchema1,
}
