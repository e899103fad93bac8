/** Holds the tree of a layer on disk against what its blob unpacks to, without a second copy of it. */
import { fileFailure } from '../../system/file-failure.js'
import { followFile } from '../../bytes/follow-file.js'
import { defaultLimits } from '../../limits.js'
import { compareTrees, type Difference } from '../tree/compare-trees.js'
import { describeTree } from '../tree/describe-tree.js'
import type { TreeEntry } from '../tree/entry.js'
import { asInLayer, HostLimits } from '../tree/host-limits.js'
import { LayerTree } from '../tree/layer-tree.js'
import { lengthOf, whole } from './blob-length.js'
import { readBlob } from './read-blob.js'
import type { CheckResult, CheckTask } from './task.js'
import type { JobContext } from './unpack-blob.js'

/** Differences that are told; a tree that was removed has one for each of its files. */
const differencesTold = 3

/**
 * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH, DIFF_ID_MISMATCH, LAYER_INVALID where the blob is not what it
 * should be; what the file system says of the tree
 */
export async function checkTree(task: CheckTask, context: JobContext): Promise<CheckResult> {
  const { tree, form, scratch } = task
  const { limits = defaultLimits, signal } = context
  const expected = new LayerTree(form, limits.layerDirectories)
  const source = followFile(task.path, whole(await lengthOf(task.path)))
  await readBlob(source, expected, task.expected, context)
  const found = (await readTree(tree, signal)).map(asInLayer)
  const machine = new HostLimits({ tree, entries: found, scratch })
  const damage: Difference[] = []
  let unknown = false
  for (const difference of compareTrees(expected.describe(), found)) {
    const verdict = await machine.decide(difference)
    if (verdict === 'damage') damage.push(difference)
    else if (verdict === 'unknown') unknown = true
  }
  const reported = damage.slice(0, differencesTold).map(({ text }) => text)
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
