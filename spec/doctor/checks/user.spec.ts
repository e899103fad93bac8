import { expect, it } from 'vitest'
import { checkPrivileges, checkUser } from '../../../doctor/checks/user.js'
import { findingsOf, told } from '../../support/examination.js'

it('says what a user may do', async () => {
  const root = { isRoot: true, whyCannotChown: undefined, isInUserNamespace: false }
  const stateFor = async (
    privileges: typeof root | (Omit<typeof root, 'whyCannotChown'> & { whyCannotChown: string }),
  ) => (await findingsOf(checkPrivileges(privileges), '/s'))[0]
  expect(await stateFor(root)).toMatchObject({ state: 'ok' })
  expect(await stateFor({ ...root, isRoot: false })).toMatchObject({ state: 'note' })
  expect(await stateFor({ ...root, isInUserNamespace: true })).toMatchObject({ state: 'note' })
  expect(await stateFor({ ...root, whyCannotChown: 'this process lacks CAP_CHOWN' })).toMatchObject({
    state: 'problem',
    message: 'Root cannot set the owners of files: this process lacks CAP_CHOWN.',
  })
  expect(told(await findingsOf(checkUser, '/s'))).toHaveLength(1)
})
