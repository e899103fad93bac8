import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkLocks } from '../../../doctor/checks/locks.js'
import { lockFile } from '../../../lib/system/index.js'
import { findingsOf, told } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it('says whether the store can be locked, and whether somebody has the lock', async () => {
  const store = path.join(directory, 'store')
  expect(told(await findingsOf(checkLocks, store))).toEqual(['ok The file system of the store has locks.'])
  mkdirSync(store)
  writeFileSync(path.join(store, 'lock'), '')
  expect(told(await findingsOf(checkLocks, store))).toEqual(['ok The store can be locked.'])
  const fd = openSync(path.join(store, 'lock'), 'r+')
  lockFile(fd, { exclusive: true, wait: false })
  expect(told(await findingsOf(checkLocks, store))).toEqual([
    'note Another process holds the lock of the store at this moment.',
  ])
  closeSync(fd)
})
