/**
 * Unpacks a blob into a directory in one pass: verifies, decompresses, hashes, parses and applies it. The directory has
 * content before the blob is verified, so the caller must keep others from using it until then.
 */
import type { Readable } from 'node:stream'
import { LayerApplier } from '../rootfs/layer-applier.js'
import type { Warn } from '../rootfs/warnings.js'
import { type ReadContext, readLayerBlob } from './read-blob.js'
import type { BlobTask, UnpackResult } from './task.js'

/** The settings and callbacks of a job. */
export interface JobContext extends ReadContext {
  readonly warn: Warn
}

/**
 * Unpacks the layer in `source`. Reads `source` to its end, because bytes after the archive are part of the digests.
 * `source` is destroyed and closed when this settles.
 * @throws WindlassError as `readLayerBlob`; STORE_* when the file system refuses an entry
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
    const result = await readLayerBlob(source, begin, expected, { ...context, algorithm }, () =>
      applier?.finish(),
    )
    const implied = applier?.implied
    return implied === undefined ? result : { ...result, implied }
  } finally {
    applier?.close()
  }
}
