/** Provides the stages of a copy, bound to its target. */
import { map } from 'rxjs'
import { type Stage, branch, compose, identity, lift } from '../lib/flow/index.js'
import { WindlassError } from '../lib/errors.js'
import { defaultLimits, limitExceeded } from '../lib/limits.js'
import {
  BlobCopies,
  type ImageRequest,
  type IndexDocument,
  type Resolved,
  choosePlatform,
  copyBlobs,
  fillPlatforms,
  putManifests,
  putRoot,
  readManifests,
  resolve,
} from '../lib/stages/index.js'
import {
  type BlobTask,
  type CopiedBlob,
  type CopiedBlobs,
  type CopiedImage,
  type CopyPlan,
  type CopyTarget,
  type RetryPolicy,
  documentRetryPolicy,
} from '../lib/transfer/index.js'

/** What a copy is, and the resources that it shares with others. */
export interface CopyParts {
  readonly target: CopyTarget
  /** Copy an index with everything in it (false). Otherwise the image for the platform of the request is copied. */
  readonly allPlatforms?: boolean
  /** The copies of blobs that run at the same time (three of this copy alone). */
  readonly copies?: BlobCopies
  /** Retries of manifests (`documentRetryPolicy`). */
  readonly retry?: RetryPolicy
  /** Maximum depth of nested indexes (that of `defaultLimits`). */
  readonly indexDepth?: number
}

/** The stages that `copy` composes. Each can be replaced, or composed with another stage. */
export interface CopyStages {
  readonly resolve: Stage<ImageRequest, Resolved>
  /** Replaces an index by the image for the platform; passes everything on if all platforms are copied. */
  readonly choose: Stage<Resolved, Resolved>
  /** Reads every manifest that is to be copied, and asks the target which it has. */
  readonly readManifests: Stage<Resolved, CopyPlan>
  readonly copyBlobs: Stage<BlobTask, CopiedBlob>
  readonly putManifests: Stage<CopiedBlobs, CopiedBlobs>
  /** Writes the manifest or index that the tag is to point at, and with it the tag. */
  readonly putRoot: Stage<CopiedBlobs, CopiedImage>
}

/** Returns the stages of a copy to `target`. */
export function copyStages({
  target,
  allPlatforms = false,
  copies = new BlobCopies(),
  retry = documentRetryPolicy,
  indexDepth = defaultLimits.indexDepth,
}: CopyParts): CopyStages {
  return {
    resolve: resolve({ retry }),
    choose: allPlatforms ? identity() : chosenImage(retry, indexDepth),
    readManifests: readManifests({ target, retry }),
    copyBlobs: copyBlobs(copies),
    putManifests: putManifests({ retry }),
    putRoot: putRoot({ retry }),
  }
}

/** Follows indexes to the image of the platform. Unlike a pull, it takes any artifact: nothing of it is interpreted. */
function chosenImage(retry: RetryPolicy, maxDepth: number, depth = maxDepth): Stage<Resolved, Resolved> {
  return branch(
    ({ document }: Resolved): 'index' | 'other' => (document.kind === 'index' ? 'index' : 'other'),
    {
      other: identity(),
      index:
        depth === 0
          ? tooDeep(maxDepth)
          : compose(
              onlyIndexes,
              compose(fillPlatforms({ retry }), choosePlatform({ retry })),
              chosenImage(retry, maxDepth, depth - 1),
            ),
    },
  )
}

const onlyIndexes: Stage<Resolved, Resolved<IndexDocument>> = lift(
  map((resolved: Resolved) => {
    if (resolved.document.kind !== 'index') throw new WindlassError('INTERNAL', 'not an index')
    return resolved as Resolved<IndexDocument>
  }),
)

const tooDeep = (maxDepth: number): Stage<Resolved, Resolved> =>
  lift(
    map(({ request: { name: reference } }: Resolved) => {
      const what = `The indexes of ${reference} stand ${maxDepth + 1} deep inside each other or more`
      throw limitExceeded(what, 'indexDepth', maxDepth, { reference })
    }),
  )
