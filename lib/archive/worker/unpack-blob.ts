/**
 * One blob into one directory in one pass: read, verified, decompressed, hashed for its diffID, parsed and applied.
 * Nothing of a blob that is not what it should be ever counts: the caller keeps the directory out of sight until then.
 */
import type { Readable } from 'node:stream'
import { LayerApplier } from '../rootfs/layer-applier.js'
import type { Warn } from '../rootfs/warnings.js'
import { type ReadContext, readBlob } from './read-blob.js'
import type { BlobTask, UnpackResult } from './task.js'

export interface JobContext extends ReadContext {
  readonly warn: Warn
}

/**
 * Unpacks what `source` gives, to its last byte: what follows the archive belongs to the digests too. `source` is
 * destroyed and closed when this settles.
 * @throws WindlassError as `readBlob`, and what the file system refuses
 */
export async function unpackBlob(
  source: Readable,
  task: BlobTask,
  context: JobContext,
): Promise<UnpackResult> {
  let applier: LayerApplier | undefined
  try {
    const { into: root, whiteouts, owner } = task
    const { warn, limits } = context
    const begin = (): LayerApplier =>
      (applier = new LayerApplier({
        root,
        whiteouts,
        warn,
        ...(limits && { limits }),
        ...(owner && { owner }),
      }))
    const { expected, algorithm } = task
    const result = await readBlob(source, begin, expected, { ...context, algorithm }, () => applier?.finish())
    const implied = applier?.implied
    return implied === undefined ? result : { ...result, implied }
  } finally {
    applier?.close()
  }
}
