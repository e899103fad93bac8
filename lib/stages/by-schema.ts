/**
 * The one place where the kind of a manifest sends a pull on different ways (C5).
 * An index leads to another manifest, and so on to a limit; what comes out is always an image.
 */
import { WindlassError } from '../errors.js'
import { type Stage, branch, compose, lift, stage } from '../flow/index.js'
import type { ManifestDocument } from '../image/index.js'
import { map } from 'rxjs'
import type { ImageDocument, IndexDocument, Resolved, Schema1Document } from './elements.js'

/** How many indexes may stand inside each other. */
export const deepestIndex = 4

export interface BySchemaCases {
  /** What to do with an index: choose one of its manifests. */
  readonly index: Stage<Resolved<IndexDocument>, Resolved>
  /** What to do with a schema 1 manifest. */
  readonly schema1: Stage<Resolved<Schema1Document>, Resolved<ImageDocument>>
}

export function bySchema(
  cases: BySchemaCases,
  depth = deepestIndex,
): Stage<Resolved, Resolved<ImageDocument>> {
  return branch((resolved: Resolved): ManifestDocument['kind'] => resolved.document.kind, {
    image: narrow<ImageDocument>('image'),
    schema1: compose(narrow<Schema1Document>('schema1'), cases.schema1),
    index:
      depth === 0
        ? tooDeep
        : compose(narrow<IndexDocument>('index'), cases.index, bySchema(cases, depth - 1)),
  })
}

/** Tells the compiler what the branch has seen. */
const narrow = <Document extends ManifestDocument>(
  kind: Document['kind'],
): Stage<Resolved, Resolved<Document>> =>
  lift(
    map((resolved: Resolved) => {
      if (resolved.document.kind !== kind)
        throw new WindlassError('INTERNAL', `not a manifest of kind ${kind}`)
      return resolved as Resolved<Document>
    }),
  )

const tooDeep: Stage<Resolved, Resolved<ImageDocument>> = stage(({ request }: Resolved) => {
  throw new WindlassError(
    'LIMIT_EXCEEDED',
    `The indexes of ${request.name} stand more than ${deepestIndex} deep inside each other`,
    { reference: request.name },
  )
})
