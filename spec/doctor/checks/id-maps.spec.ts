import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkIdMapFiles, checkIdMaps } from '../../../doctor/checks/id-maps.js'
import { findingsOf, told } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it('says which ranges and programs a user lacks', async () => {
  const subuid = path.join(directory, 'subuid')
  const subgid = path.join(directory, 'subgid')
  const user = { name: 'ann', uid: 1000 }
  const check = checkIdMapFiles({ subuid, subgid, user })
  const env = { PATH: directory }
  expect(told(await findingsOf(check, '/s', { env }))).toEqual([
    `note The user ann has no range of ids in ${subuid} and ${subgid}, so that rootless containers have only one id.`,
  ])
  writeFileSync(subuid, 'bob:1:2\nann:100000:65536\n')
  writeFileSync(subgid, '1000:100000:65536\n')
  expect(told(await findingsOf(check, '/s', { env }))).toEqual([
    'note The program newuidmap and newgidmap is missing, so that ranges of ids cannot be used.',
  ])
  for (const name of ['newuidmap', 'newgidmap']) {
    writeFileSync(path.join(directory, name), '')
    chmodSync(path.join(directory, name), 0o755)
  }
  expect(told(await findingsOf(check, '/s', { env }))).toEqual([
    'ok The user ann has ranges of ids for a user namespace.',
  ])
  const root = checkIdMapFiles({ subuid, subgid, user: { name: 'root', uid: 0 } })
  expect(told(await findingsOf(root, '/s', { env }))).toEqual(['ok Root needs no ranges of ids.'])
  expect(told(await findingsOf(checkIdMaps, '/s'))).toHaveLength(1)
})
