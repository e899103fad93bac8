/** Compares the tree of a layer on the disk with the content of its blob, without a second copy. */
import { fileFailure } from '../../system/file-failure.js'
import { followFile } from '../../bytes/follow-file.js'
import { defaultLimits } from '../../limits.js'
import { compareTrees, type Difference } from '../tree/compare-trees.js'
import { describeTree } from '../tree/describe-tree.js'
import type { TreeEntry } from '../tree/entry.js'
import { toLayerForm, HostLimits } from '../tree/host-limits.js'
import { LayerTree } from '../tree/layer-tree.js'
import { blobLength, completeGrowth } from './blob-length.js'
import { readLayerBlob } from './read-blob.js'
import type { CheckResult, CheckTask } from './task.js'
import type { JobContext } from './unpack-blob.js'

/** Maximum number of differences in the result; a removed tree has one for each file. */
const maxReported = 3

/**
 * Compares the tree with the blob from which it was unpacked.
 * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH, DIFF_ID_MISMATCH, LAYER_INVALID, LIMIT_EXCEEDED when the blob
 * is not as expected; STORE_* when the tree cannot be read
 */
export async function checkTree(task: CheckTask, context: JobContext): Promise<CheckResult> {
  const { tree, form, scratch } = task
  const { limits = defaultLimits, signal } = context
  const expected = new LayerTree(form, limits.layerDirectories)
  const source = followFile(task.path, completeGrowth(await blobLength(task.path)))
  await readLayerBlob(source, expected, task.expected, context)
  const found = (await readTree(tree, signal)).map(toLayerForm)
  const machine = new HostLimits({ tree, entries: found, scratch })
  const damage: Difference[] = []
  let unknown = false
  for (const difference of compareTrees(expected.describe(), found)) {
    const cause = await machine.findCause(difference)
    if (cause === 'damage') damage.push(difference)
    else if (cause === 'unknown') unknown = true
  }
  const reported = damage.slice(0, maxReported).map(({ text }) => text)
  return { differences: damage.length, reported, unknown }
}

async function readTree(tree: string, signal: AbortSignal): Promise<TreeEntry[]> {
  try {
    return await describeTree(tree, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw fileFailure(error, 'Reading a tree', tree)
  }
}
