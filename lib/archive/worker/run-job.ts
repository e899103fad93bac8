/** Executes a job of the pool in the current thread. */
import { utimesSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { DiskPlace } from '../../system/disk-meaning.js'
import { lstatIfExists, makeDirectories } from '../../system/files.js'
import { followFile } from '../../bytes/follow-file.js'
import { resetInheritedAttributes } from '../../system/index.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { formatBytes } from '../../quantities.js'
import { unpackError } from '../failure.js'
import { LayerApplier } from '../rootfs/layer-applier.js'
import { readLayerDirectory } from '../rootfs/layer-directory.js'
import { blobLength, completeGrowth } from './blob-length.js'
import { checkTree } from './check-tree.js'
import type { LatestGrowth } from './latest-growth.js'
import type {
  BlobTask,
  FlattenResult,
  FlattenTask,
  Job,
  JobResult,
  LayerSource,
  UnpackResult,
} from './task.js'
import { readEntries } from './read-entries.js'
import { type JobContext, unpackBlob } from './unpack-blob.js'

/** Milliseconds between two checks for cancellation in a job that does not wait. */
const checkInterval = 20

/**
 * Executes `job`.
 * @param growth the growth of the blob, if it is still being written
 * @throws WindlassError the error of the job
 */
export function runJob(
  job: Job,
  growth: LatestGrowth,
  jobContext: Omit<JobContext, 'limits' | 'spare' | 'bytesBefore'>,
): Promise<JobResult> {
  const context = { ...jobContext, limits: job.limits, spare: job.spare }
  if (job.kind === 'check') return checkTree(job.task, context)
  if (job.kind === 'flatten') return flatten(job.task, context)
  if (job.kind === 'read') return readEntries(job.task, context)
  return unpack(job.task, job.growing ? growth : undefined, context)
}

async function unpack(
  task: BlobTask,
  growth: LatestGrowth | undefined,
  context: JobContext,
): Promise<UnpackResult> {
  const length = growth === undefined ? await blobLength(task.path) : 0
  await makeRoot(task.into, 'store')
  return unpackBlob(followFile(task.path, growth ?? completeGrowth(length)), task, context)
}

async function flatten({ layers, into }: FlattenTask, context: JobContext): Promise<FlattenResult> {
  await makeRoot(into, 'target')
  let entries = 0
  let read = 0
  let bytesBefore = 0
  for (const layer of layers) {
    context.signal.throwIfAborted()
    if (layer.kind === 'directory') {
      const applied = await applyDirectory(layer, into, { ...context, bytesBefore })
      entries += applied.entries
      bytesBefore += applied.size
      continue
    }
    const start = read
    const onProgress = (bytes: number): void => context.onProgress(start + bytes)
    const length = await blobLength(layer.path)
    const task = { path: layer.path, into, whiteouts: 'apply', expected: layer.expected } as const
    const source = followFile(layer.path, completeGrowth(length))
    const result = await unpackBlob(source, task, { ...context, bytesBefore, onProgress })
    entries += result.entries
    bytesBefore += result.size
    read += length
  }
  return { entries }
}

async function applyDirectory(
  { path, implied }: LayerSource & { readonly kind: 'directory' },
  root: string,
  { signal, warn, limits, bytesBefore = 0 }: JobContext,
): Promise<Pick<UnpackResult, 'entries' | 'size'>> {
  const allowed = (limits ?? defaultLimits).imageBytes
  const applier = new LayerApplier({ root, whiteouts: 'apply', warn, ...(limits && { limits }) })
  const steps = readLayerDirectory(path, applier, implied)
  let checkedAt = performance.now()
  try {
    while (steps.next().done !== true) {
      if (bytesBefore + applier.bytes > allowed)
        throw limitExceeded(
          `Failed to assemble the tree of the image: the layers so far take ${formatBytes(bytesBefore + applier.bytes)}`,
          'imageBytes',
          allowed,
        )
      if (performance.now() - checkedAt < checkInterval) continue
      await setImmediate()
      signal.throwIfAborted()
      checkedAt = performance.now()
    }
    applier.finish()
    return { entries: applier.entries, size: applier.bytes }
  } finally {
    steps.return()
    applier.close()
  }
}

/**
 * Creates the root directory with mode 0755 and time 0, regardless of the umask, like all unlisted directories. An
 * existing directory is not changed.
 */
async function makeRoot(path: string, place: DiskPlace): Promise<void> {
  try {
    if (await lstatIfExists(path)) return
    await makeDirectories(path, 0o755)
    resetInheritedAttributes(path, 0o755)
    utimesSync(path, 0, 0)
  } catch (error) {
    throw unpackError(path, error, undefined, place)
  }
}
