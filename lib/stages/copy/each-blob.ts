/** Sends the blobs of a copy through a line. */
import { map } from 'rxjs'
import { Flow, type Stage, expand, lift } from '../../flow/index.js'
import { toArray } from '../../flow/flows/to-array.js'
import type { BlobTask, CopiedBlob, CopiedBlobs, CopyPlan } from '../../transfer/copy/elements.js'

/**
 * Returns the stage that sends every blob of a copy through `line` once, and emits the copy when the target has all.
 * @throws errors of `line`
 */
export function eachBlob(line: Stage<BlobTask, CopiedBlob>): Stage<CopyPlan, CopiedBlobs> {
  return expand(
    (plan: CopyPlan) => {
      const { source, target, blobs } = plan
      const tasks = blobs.map((descriptor): BlobTask => ({ descriptor, source, sink: target.sink }))
      return Flow.from(tasks).pipe(line, toArray(), lift(map((copied): CopiedBlobs => ({ ...plan, copied }))))
    },
    { name: 'each-blob', order: 'source' },
  )
}
