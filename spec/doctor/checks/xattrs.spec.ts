import path from 'node:path'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkXattrs, checkXattrsWith } from '../../../doctor/checks/xattrs.js'
import { findingsOf } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it('says which attribute cannot be set', async () => {
  const store = path.join(directory, 'store')
  expect(await findingsOf(checkXattrs, store)).toHaveLength(1)
  const refusing = checkXattrsWith(() => {
    throw new Error('Operation not supported')
  })
  expect(await findingsOf(refusing, store)).toMatchObject([
    {
      state: 'note',
      message:
        'The attribute user.windlass cannot be set in the file system of the store: Operation not supported.',
    },
  ])
  const unavailable = checkXattrsWith(
    () => undefined,
    () => false,
  )
  expect(await findingsOf(unavailable, store)).toMatchObject([{ state: 'problem' }])
  expect(readdirSync(directory)).toEqual([])
})
