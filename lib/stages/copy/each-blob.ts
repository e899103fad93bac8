/** Provides `eachBlob`, which passes the blobs of a copy through a stage. */
import { map } from 'rxjs'
import { Flow, type Stage, expand, lift } from '../../flow/index.js'
import { toArray } from '../../flow/flows/to-array.js'
import type { BlobTask, CopiedBlob, CopiedBlobs, CopyPlan } from '../../transfer/copy/elements.js'

/**
 * Returns the stage that passes every blob of a copy through `blobStage`, and emits the copy when the target has all
 * blobs.
 * @throws errors of `blobStage`
 */
export function eachBlob(blobStage: Stage<BlobTask, CopiedBlob>): Stage<CopyPlan, CopiedBlobs> {
  return expand(
    (plan: CopyPlan) => {
      const { source, target, blobs, control } = plan
      const tasks = blobs.map((descriptor): BlobTask => ({
        descriptor,
        source,
        sink: target.sink,
        ...(control && { control }),
      }))
      return Flow.from(tasks).pipe(
        blobStage,
        toArray(),
        lift(map((copied): CopiedBlobs => ({ ...plan, copied }))),
      )
    },
    { name: 'each-blob', order: 'source' },
  )
}
