import { chmodSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkSpace, checkSpaceWith } from '../../../doctor/checks/space.js'
import { findingsOf } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it.each([
  ['ok', 10e9, 1_000_000],
  ['ok', 10e9, undefined],
  ['note', 1e9, 1_000_000],
  ['note', 10e9, 20_000],
  ['problem', 50e6, 1_000_000],
  ['problem', 10e9, 10],
])('is %s with %s bytes and %s inodes', async (state, bytes, inodes) => {
  const check = checkSpaceWith(async () => ({ bytes, inodes }))
  expect(await findingsOf(check, path.join(directory, 'store'))).toMatchObject([{ state }])
})

it('reads the state of the disk, and whether it can be written', async () => {
  expect((await findingsOf(checkSpace, directory))[0]?.message).toMatch(/ are free for the store at /)
  const closed = path.join(directory, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o500)
  const [found] = await findingsOf(checkSpace, path.join(closed, 'store'))
  if (process.getuid?.() !== 0) expect(found).toMatchObject({ state: 'problem' })
})
