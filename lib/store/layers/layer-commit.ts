/**
 * Commits staged trees as layers of the store. A new layer: renames the staging directory. A second whiteout form of
 * an existing layer: renames the tree into the layer and rewrites the record. If the store already has this tree,
 * keeps it.
 */
import { dirname, join } from 'node:path'
import { lstatIfExists, rename } from '../../system/files.js'
import {
  ensureDirectory,
  isDirectory,
  publish,
  syncDirectory,
  writeNew,
  writeSynced,
} from '../files/durable.js'
import { emptyRecord, formatRecord, type LayerBlob, type LayerRecord, withBlob } from './layer-record.js'
import { readRecord, recordPath } from './layer-record-file.js'
import type { LayerFacts } from './layer-facts.js'
import { moveTree } from '../files/move-tree.js'
import { removeTree } from '../files/remove-tree.js'
import type { Run } from '../staging/run.js'

interface Commit {
  /** The staging directory, which contains the synced tree as `rootfs`. */
  readonly staged: string
  /** The directory that the layer has in the store, whether it exists or not. */
  readonly directory: string
  readonly facts: LayerFacts
  readonly run: Run
}

const newRecord = (facts: LayerFacts): LayerRecord => withTree(emptyRecord(facts.diffID), facts, 'rootfs')

/**
 * Writes the record of a new layer into the staging directory and runs `commit`. The record is not synced. If `commit`
 * fails, the record is removed again.
 * @throws the errors of `commit` and of the file system
 */
export async function withRecord<T>(staged: string, facts: LayerFacts, commit: () => Promise<T>): Promise<T> {
  const record = recordPath(staged)
  await removeTree(record) // remove an unexpected entry
  try {
    await writeNew(record, formatRecord(newRecord(facts)))
    return await commit()
  } catch (error) {
    await removeTree(record).catch(() => undefined) // report the first error
    throw error
  }
}

/**
 * Commits the synced tree and returns the resulting record. The caller holds the metadata lock.
 * @throws the errors of the file system
 */
export async function commitLayer(commit: Commit): Promise<LayerRecord> {
  await ensureDirectory(dirname(commit.directory))
  return (await lstatIfExists(commit.directory)) ? addToLayer(commit) : commitNew(commit)
}

async function commitNew({ staged, directory, facts }: Commit): Promise<LayerRecord> {
  await publish(staged, directory)
  return newRecord(facts)
}

async function addToLayer(commit: Commit): Promise<LayerRecord> {
  const { staged, directory, facts, run } = commit
  if (!(await isDirectory(directory))) {
    await rename(directory, await run.freshPath('unexpected', 'layers'))
    return commitNew(commit)
  }
  const before = (await readRecord(directory, facts.diffID)) ?? emptyRecord(facts.diffID)
  const existing = before.forms[facts.form]
  if (existing && (await isDirectory(join(directory, existing.rootfs)))) {
    const record = withBlob(before, blobOf(facts))
    if (record !== before) await writeRecord(directory, record, run)
    return record
  }
  const name = existing?.rootfs ?? nextTreeName(before, facts)
  const target = join(directory, name)
  // A tree that the record does not list: a process was killed before it wrote the record, or the store is damaged.
  if (await lstatIfExists(target)) await moveTree(target, await run.freshPath('unexpected', 'layers'))
  await moveTree(join(staged, 'rootfs'), target)
  await syncDirectory(directory)
  const record = withTree(before, facts, name)
  await writeRecord(directory, record, run)
  return record
}

/** Returns the name of a new tree: `rootfs` for the first form of a layer, `rootfs.<form>` for the second. */
const nextTreeName = ({ forms }: LayerRecord, { form }: LayerFacts): string =>
  Object.values(forms).some(({ rootfs }) => rootfs === 'rootfs') ? `rootfs.${form}` : 'rootfs'

const blobOf = ({ blob, blobKept: kept }: LayerFacts): LayerBlob => ({ ...blob, kept })

function withTree(before: LayerRecord, facts: LayerFacts, rootfs: string): LayerRecord {
  const { form, size, implied = before.implied } = facts
  const record = withBlob(before, blobOf(facts))
  const forms = { ...record.forms, [form]: { rootfs, size } }
  return { ...record, forms, ...(implied && { implied }) }
}

const writeRecord = (directory: string, record: LayerRecord, run: Run): Promise<void> =>
  run.withFreshPath('record', 'layers', async (staged) => {
    await writeSynced(staged, formatRecord(record))
    await publish(staged, recordPath(directory))
  })
