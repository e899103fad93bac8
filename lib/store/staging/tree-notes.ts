/**
 * Keeps notes of the trees that a run builds outside of the store: one line of JSON each, in the directory of the run.
 */
import { join } from 'node:path'
import { appendFile, unlink } from '../../system/files.js'
import { isObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { ignoreMissing } from '../files/store-error.js'
import type { TreeNote } from './unfinished-tree.js'

const notesFileName = 'trees'

/**
 * Adds a note to the directory `run`. Starts with a newline, so that an incomplete line does not affect the next one.
 * @throws the errors of `node:fs`
 */
export const writeTreeNote = (run: string, { path, token }: TreeNote): Promise<void> =>
  appendFile(join(run, notesFileName), `\n${JSON.stringify({ path, token })}`, 0o600)

/** Removes all notes in the directory `run`. */
export async function removeTreeNotes(run: string): Promise<void> {
  await ignoreMissing(unlink(join(run, notesFileName)))
}

/** Returns the notes in the directory `run`. Skips malformed lines. */
export async function readTreeNotes(run: string): Promise<TreeNote[]> {
  const text = (await readIfRegular(join(run, notesFileName))) ?? ''
  return text.split('\n').flatMap((line) => {
    const note = parseJson(line)
    if (!isObject(note)) return []
    const { path, token } = note
    return typeof path === 'string' && typeof token === 'string' ? [{ path, token }] : []
  })
}
