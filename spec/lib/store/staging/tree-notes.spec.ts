import { appendFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTreeNotes, removeTreeNotes, writeTreeNote } from '../../../../lib/store/staging/tree-notes.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the notes of the trees that a run builds', () => {
  const run = temporaryDirectory()
  const [one, two] = ['/one', '/with "quotes"\nand a newline'].map((path) => ({
    path,
    token: 'a token',
  })) as [{ path: string; token: string }, { path: string; token: string }]

  it('are read as they were written, also after a line that a full disk truncated', async () => {
    expect(await readTreeNotes(run)).toEqual([])
    await writeTreeNote(run, one)
    appendFileSync(join(run, 'trees'), '\n{"path":"/half')
    await writeTreeNote(run, two)
    appendFileSync(join(run, 'trees'), '\nnull\n{"path":1,"token":"x"}\n{"path":"/x"}')
    expect(await readTreeNotes(run)).toEqual([one, two])
    expect(statSync(join(run, 'trees')).mode & 0o777).toBe(0o600)
  })

  it('can be removed, also if there are none', async () => {
    await removeTreeNotes(run)
    await removeTreeNotes(run)
    expect(await readTreeNotes(run)).toEqual([])
  })
})
