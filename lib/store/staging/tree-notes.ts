/** Records the trees that a run builds outside of the store, as one line of JSON each in its staging directory. */
import { join } from 'node:path'
import { appendFile, unlink } from '../../system/files.js'
import { isObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { ignoreMissing } from '../files/store-error.js'
import type { TreeNote } from './unfinished-tree.js'

const notesName = 'trees'

/**
 * Records a tree in the directory `run`. Starts with a newline, so that a truncated line does not corrupt the next one.
 * @throws the errors of `node:fs`
 */
export const noteTree = (run: string, { path, token }: TreeNote): Promise<void> =>
  appendFile(join(run, notesName), `\n${JSON.stringify({ path, token })}`, 0o600)

/** Removes all records in `run`. */
export async function forgetTrees(run: string): Promise<void> {
  await ignoreMissing(unlink(join(run, notesName)))
}

/** Returns the trees recorded in `run`. Skips malformed lines. */
export async function readTreeNotes(run: string): Promise<TreeNote[]> {
  const text = (await readIfRegular(join(run, notesName))) ?? ''
  return text.split('\n').flatMap((line) => {
    const note = parseJson(line)
    if (!isObject(note)) return []
    const { path, token } = note
    return typeof path === 'string' && typeof token === 'string' ? [{ path, token }] : []
  })
}
