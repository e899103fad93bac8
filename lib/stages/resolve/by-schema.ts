/** Provides `bySchema`, which handles the three kinds of manifests: image, index and schema 1. */
import { WindlassError } from '../../errors.js'
import { type Stage, branch, compose, lift } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type ManifestDocument, checkIsImage } from '../../image/index.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { map, tap } from 'rxjs'
import type { ImageDocument, IndexDocument, Resolved, Schema1Document } from '../elements.js'

/** Default maximum depth of nested indexes. */
export const maxIndexDepth = defaultLimits.indexDepth

/** The stages for the manifests that are not images. */
export interface BySchemaCases<Schema1 extends Schema1Document> {
  /** Replaces an index by one of its manifests. */
  readonly index: Stage<Resolved<IndexDocument>, Resolved>
  /** Reads a schema 1 manifest. */
  readonly schema1: Stage<Resolved<Schema1Document>, Resolved<Schema1>>
}

/**
 * Returns the stage that passes image manifests on, reads schema 1 manifests with `cases.schema1`, and replaces an
 * index by one of its manifests with `cases.index`. If that is an index too, it is replaced in turn.
 * @param maxDepth - maximum depth of nested indexes
 * @param depth - remaining depth; passed by the recursion only
 * @throws LIMIT_EXCEEDED when indexes are nested too deeply; UNSUPPORTED for a manifest that is not an image; errors
 * of `cases`
 */
export function bySchema<Schema1 extends Schema1Document>(
  cases: BySchemaCases<Schema1>,
  maxDepth = maxIndexDepth,
  depth = maxDepth,
): Stage<Resolved, Resolved<ImageDocument | Schema1>> {
  return branch((resolved: Resolved): ManifestDocument['kind'] => resolved.document.kind, {
    image: compose(narrowTo<ImageDocument>('image'), rejectOtherArtifacts),
    schema1: compose(narrowTo<Schema1Document>('schema1'), cases.schema1),
    index:
      depth === 0
        ? rejectTooDeep(maxDepth)
        : compose(narrowTo<IndexDocument>('index'), cases.index, bySchema(cases, maxDepth, depth - 1)),
  })
}

/** Narrows the type of the document to the kind that `branch` selected. */
const narrowTo = <Document extends ManifestDocument>(
  kind: Document['kind'],
): Stage<Resolved, Resolved<Document>> =>
  lift(
    map((resolved: Resolved) => {
      if (resolved.document.kind !== kind)
        throw new WindlassError('INTERNAL', `not a manifest of kind ${kind}`)
      return resolved as Resolved<Document>
    }),
  )

/** Rejects other artifacts that use image manifests, such as Helm charts and signatures. */
const rejectOtherArtifacts: Stage<Resolved<ImageDocument>, Resolved<ImageDocument>> = lift(
  tap(({ request, document }: Resolved<ImageDocument>) => {
    checkIsImage(document.manifest, { reference: request.name, digest: document.descriptor.digest })
  }),
)

const rejectTooDeep = (maxDepth: number): Stage<Resolved, never> =>
  pullStage(({ request }: Resolved) => {
    throw indexesTooDeep(request.name, maxDepth)
  })

/** Returns the LIMIT_EXCEEDED error for indexes that are nested too deeply. */
const indexesTooDeep = (reference: string, maxDepth: number): WindlassError =>
  limitExceeded(
    `The indexes of ${reference} are nested ${maxDepth + 1} levels deep or more`,
    'indexDepth',
    maxDepth,
    {
      reference,
    },
  )
