/** Creates the stages of a copy to one target. */
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
  enforcePolicy,
  readMissingPlatforms,
  putManifests,
  putReferrers,
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

import type { ImagePolicy } from '../lib/signatures/index.js'

/** Target and options of a copy, and the resources that it shares with other copies. */
export interface CopyParts {
  readonly target: CopyTarget
  /** Copy an index with everything in it. Default: false, which copies the image for the platform of the request. */
  readonly allPlatforms?: boolean
  /**
   * Copies the blobs, a limited number at a time. Copies of images that are given the same object share the limit, and
   * copy a blob that they both need once. Default: a new object with 3 slots.
   */
  readonly copies?: BlobCopies
  /**
   * Also copy what belongs to the image, and to all images of an index that is copied: signatures, SBOMs, attestations.
   * Default: false.
   */
  readonly referrers?: boolean
  /** Which images are copied. Default: all. */
  readonly policy?: ImagePolicy | undefined
  /** Retries of manifests. Default: `documentRetryPolicy`. */
  readonly retry?: RetryPolicy
  /** Maximum depth of nested indexes. Default: that of `defaultLimits`. */
  readonly indexDepth?: number
}

/** The stages that `copy` composes. Each can be replaced, or composed with another stage. */
export interface CopyStages {
  readonly resolve: Stage<ImageRequest, Resolved>
  /**
   * Chooses the image for the platform from an index. If all platforms are copied, it passes the index on unchanged.
   */
  readonly choose: Stage<Resolved, Resolved>
  /** Refuses images that the policy does not accept, before anything is copied. */
  readonly policy: Stage<Resolved, Resolved>
  /** Reads every manifest that is to be copied, and checks which of them the target has. */
  readonly readManifests: Stage<Resolved, CopyPlan>
  readonly copyBlobs: Stage<BlobTask, CopiedBlob>
  /** Writes all manifests but the root, so that the target has everything the root refers to. */
  readonly putManifests: Stage<CopiedBlobs, CopiedBlobs>
  /** Writes what belongs to the manifests, if it is copied. */
  readonly putReferrers: Stage<CopiedBlobs, CopiedBlobs>
  /** Writes the manifest or index that the tag points at, together with the tag. */
  readonly putRoot: Stage<CopiedBlobs, CopiedImage>
}

/** Returns the stages of a copy to `target`. */
export function copyStages({
  target,
  allPlatforms = false,
  policy,
  referrers = false,
  copies = new BlobCopies(),
  retry = documentRetryPolicy,
  indexDepth = defaultLimits.indexDepth,
}: CopyParts): CopyStages {
  return {
    resolve: resolve({ retry }),
    choose: allPlatforms ? identity() : followIndexes(retry, indexDepth),
    policy: policy ? enforcePolicy<Resolved>(policy, { retry }) : identity(),
    readManifests: readManifests({ target, retry, referrers }),
    copyBlobs: copyBlobs(copies),
    putManifests: putManifests({ retry }),
    putReferrers: putReferrers({ retry }),
    putRoot: putRoot({ retry }),
  }
}

/**
 * Follows indexes to the image of the platform. Unlike a pull, a copy accepts artifacts of any kind, because it
 * only transfers them.
 *
 * @param levelsLeft number of further indexes that may be followed
 */
function followIndexes(
  retry: RetryPolicy,
  maxDepth: number,
  levelsLeft = maxDepth,
): Stage<Resolved, Resolved> {
  return branch(
    ({ document }: Resolved): 'index' | 'other' => (document.kind === 'index' ? 'index' : 'other'),
    {
      other: identity(),
      index:
        levelsLeft === 0
          ? failTooDeep(maxDepth)
          : compose(
              requireIndex,
              compose(readMissingPlatforms({ retry }), choosePlatform({ retry })),
              followIndexes(retry, maxDepth, levelsLeft - 1),
            ),
    },
  )
}

const requireIndex: Stage<Resolved, Resolved<IndexDocument>> = lift(
  map((resolved: Resolved) => {
    if (resolved.document.kind !== 'index') throw new WindlassError('INTERNAL', 'not an index')
    return resolved as Resolved<IndexDocument>
  }),
)

const failTooDeep = (maxDepth: number): Stage<Resolved, Resolved> =>
  lift(
    map(({ request: { name: reference } }: Resolved) => {
      const what = `The indexes of ${reference} are nested ${maxDepth + 1} levels deep or more`
      throw limitExceeded(what, 'indexDepth', maxDepth, { reference })
    }),
  )
