import { lstatSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { markUsedAt } from '../../../../lib/store/blobs/last-use.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

it('the last use of an image is the time of the file of its manifest, and of no other file', async () => {
  const directory = temporaryDirectory()
  const [manifest, other, link] = ['manifest', 'other', 'link'].map((name) => join(directory, name))
  for (const path of [manifest!, other!]) {
    writeFileSync(path, '')
    utimesSync(path, 1, 1)
  }
  symlinkSync(other!, link!)
  const before = Date.now()
  await markUsedAt(manifest!)
  await markUsedAt(link!)
  expect(lstatSync(manifest!).mtimeMs).toBeGreaterThanOrEqual(before - 1)
  expect(lstatSync(other!).mtimeMs).toBe(1_000)
})

it('a use that cannot be recorded is no error', async () => {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'empty'))
  await markUsedAt(join(directory, 'empty', 'missing'))
  await markUsedAt(join(directory, 'empty', 'missing', 'below'))
})
