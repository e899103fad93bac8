import { expect, it } from 'vitest'
import { checkNode, checkNodeVersion } from '../../../doctor/checks/node.js'
import { findingsOf, told } from '../../support/examination.js'

it('refuses versions that are too old', async () => {
  expect(told(await findingsOf(checkNode, '/s'))).toEqual([`ok Node.js is ${process.version}.`])
  expect(told(await findingsOf(checkNodeVersion('v18.20.0'), '/s'))).toEqual([
    'problem Node.js is v18.20.0, which is too old.',
  ])
})
