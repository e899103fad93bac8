/** What a run notes, in its staging directory, of the trees that it builds outside of the store: a line of JSON each. */
import { join } from 'node:path'
import { appendFile, unlink } from '../../system/files.js'
import { isObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { unlessMissing } from '../files/store-error.js'
import type { TreeNote } from './unfinished-tree.js'

const notesName = 'trees'

/** The newline comes first, so that a line that was cut short does not spoil the next one. */
export const noteTree = (run: string, { path, token }: TreeNote): Promise<void> =>
  appendFile(join(run, notesName), `\n${JSON.stringify({ path, token })}`, 0o600)

/** Forgets all that was noted in `run`. */
export async function forgetTrees(run: string): Promise<void> {
  await unlessMissing(unlink(join(run, notesName)))
}

export async function treesNoted(run: string): Promise<TreeNote[]> {
  const text = (await readIfRegular(join(run, notesName))) ?? ''
  return text.split('\n').flatMap((line) => {
    const note = parseJson(line)
    if (!isObject(note)) return []
    const { path, token } = note
    return typeof path === 'string' && typeof token === 'string' ? [{ path, token }] : []
  })
}
