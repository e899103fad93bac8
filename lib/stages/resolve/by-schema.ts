/**
 * The one place where the kind of a manifest sends a pull on different ways.
 * An index leads to another manifest, and so on to a limit; what comes out is always an image, of today or of schema 1.
 */
import { WindlassError } from '../../errors.js'
import { type Stage, branch, compose, lift } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type ManifestDocument, checkIsImage } from '../../image/index.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { map, tap } from 'rxjs'
import type { ImageDocument, IndexDocument, Resolved, Schema1Document } from '../elements.js'

/** How many indexes may stand inside each other. */
export const maxIndexDepth = defaultLimits.indexDepth

export interface BySchemaCases<Schema1 extends Schema1Document> {
  /** What to do with an index: choose one of its manifests. */
  readonly index: Stage<Resolved<IndexDocument>, Resolved>
  /** What to do with a schema 1 manifest: read it. */
  readonly schema1: Stage<Resolved<Schema1Document>, Resolved<Schema1>>
}

export function bySchema<Schema1 extends Schema1Document>(
  cases: BySchemaCases<Schema1>,
  maxDepth = maxIndexDepth,
  depth = maxDepth,
): Stage<Resolved, Resolved<ImageDocument | Schema1>> {
  return branch((resolved: Resolved): ManifestDocument['kind'] => resolved.document.kind, {
    image: compose(narrow<ImageDocument>('image'), onlyImages),
    schema1: compose(narrow<Schema1Document>('schema1'), cases.schema1),
    index:
      depth === 0
        ? tooDeep(maxDepth)
        : compose(narrow<IndexDocument>('index'), cases.index, bySchema(cases, maxDepth, depth - 1)),
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

/** A Helm chart, a signature and the like are manifests as well. */
const onlyImages: Stage<Resolved<ImageDocument>, Resolved<ImageDocument>> = lift(
  tap(({ request, document }: Resolved<ImageDocument>) => {
    checkIsImage(document.manifest, { reference: request.name, digest: document.descriptor.digest })
  }),
)

const tooDeep = (maxDepth: number): Stage<Resolved, never> =>
  pullStage(({ request }: Resolved) => {
    throw indexesTooDeep(request.name, maxDepth)
  })

export const indexesTooDeep = (reference: string, maxDepth: number): WindlassError =>
  limitExceeded(
    `The indexes of ${reference} stand ${maxDepth + 1} deep inside each other or more`,
    'indexDepth',
    maxDepth,
    {
      reference,
    },
  )
