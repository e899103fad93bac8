/**
 * How a staged tree becomes a layer of the store: a new layer by one rename of its whole directory; a second whiteout
 * form by a rename of the tree, then its record; a tree that is there already wins over ours.
 */
import { dirname, join } from 'node:path'
import { chmod, lstat, lstatIfThere, open, rename } from '../../system/files.js'
import {
  ensureDirectory,
  isDirectory,
  publish,
  syncDirectory,
  writeNew,
  writeSynced,
} from '../files/durable.js'
import { emptyRecord, formatRecord, type LayerRecord, withBlob } from './layer-record.js'
import { readRecord, recordPath } from './layer-record-file.js'
import type { LayerFacts } from './layer-facts.js'
import { removeTree } from '../files/remove-tree.js'
import type { Run } from '../staging/run.js'
import { codeOf } from '../files/store-error.js'

interface Commit {
  /** The staging directory with the synced tree in `rootfs`. */
  readonly staged: string
  /** Where the layer belongs. */
  readonly directory: string
  readonly facts: LayerFacts
  readonly run: Run
}

const newRecord = (facts: LayerFacts): LayerRecord => recorded(emptyRecord(facts.diffID), facts, 'rootfs')

/**
 * Does `commit` with the record of a layer that is new beside its tree: written, and not synced yet. Where it fails, the
 * staged tree is as it was.
 */
export async function withRecord<T>(staged: string, facts: LayerFacts, commit: () => Promise<T>): Promise<T> {
  const record = recordPath(staged)
  await removeTree(record) // whatever somebody put there
  try {
    await writeNew(record, formatRecord(newRecord(facts)))
    return await commit()
  } catch (error) {
    await removeTree(record).catch(() => undefined) // the first error is the one to tell
    throw error
  }
}

/** Commits what was synced with its record, and answers with the record as it then is. Callers hold the metadata lock. */
export async function commitLayer(commit: Commit): Promise<LayerRecord> {
  await ensureDirectory(dirname(commit.directory))
  return (await lstatIfThere(commit.directory)) ? commitBeside(commit) : commitNew(commit)
}

async function commitNew({ staged, directory, facts }: Commit): Promise<LayerRecord> {
  await publish(staged, directory)
  return newRecord(facts)
}

async function commitBeside(commit: Commit): Promise<LayerRecord> {
  const { staged, directory, facts, run } = commit
  if (!(await isDirectory(directory))) {
    await rename(directory, await run.freshPath('odd', 'layers'))
    return commitNew(commit)
  }
  const before = (await readRecord(directory, facts.diffID)) ?? emptyRecord(facts.diffID)
  const there = before.forms[facts.form]
  if (there && (await isDirectory(join(directory, there.rootfs)))) {
    const record = withBlob(before, facts.blob)
    if (record !== before) await writeRecord(directory, record, run)
    return record
  }
  const name = there?.rootfs ?? freeName(before, facts)
  const target = join(directory, name)
  // A tree that no record speaks of: a run was killed before it could write one, or something is broken.
  if (await lstatIfThere(target)) await moveTree(target, await run.freshPath('odd', 'layers'))
  await moveTree(join(staged, 'rootfs'), target)
  await syncDirectory(directory)
  const record = recorded(before, facts, name)
  await writeRecord(directory, record, run)
  return record
}

/** `rootfs` for the first form of a layer, `rootfs.<form>` for another. */
const freeName = ({ forms }: LayerRecord, { form }: LayerFacts): string =>
  Object.values(forms).some(({ rootfs }) => rootfs === 'rootfs') ? `rootfs.${form}` : 'rootfs'

function recorded(before: LayerRecord, facts: LayerFacts, rootfs: string): LayerRecord {
  const { blob, form, size, implied = before.implied } = facts
  const record = withBlob(before, blob)
  const forms = { ...record.forms, [form]: { rootfs, size } }
  return { ...record, forms, ...(implied && { implied }) }
}

const writeRecord = (directory: string, record: LayerRecord, run: Run): Promise<void> =>
  run.withFreshPath('record', 'layers', async (staged) => {
    await writeSynced(staged, formatRecord(record))
    await publish(staged, recordPath(directory))
  })

/** Renames a directory to another parent, for which its owner must be allowed to write to it: a layer may say otherwise. */
async function moveTree(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    const { mode } = await lstat(from)
    await chmod(from, mode | 0o600)
    const root = await open(from, 'r')
    try {
      await rename(from, to)
      await root.chmod(mode)
      // The tree was synced before, with other attributes of its root perhaps.
      await root.sync()
    } finally {
      await root.close()
    }
  }
}
