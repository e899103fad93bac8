import { expect, it } from 'vitest'
import { checkTrust } from '../../../doctor/checks/trust.js'
import { findingsOf } from '../../support/examination.js'

it('says when a variable names no certificate', async () => {
  const env = { SSL_CERT_FILE: '/nonexistent', SSL_CERT_DIR: '/nonexistent' }
  expect(await findingsOf(checkTrust, '/s', { env })).toMatchObject([
    {
      state: 'problem',
      message: 'The variable SSL_CERT_FILE and SSL_CERT_DIR names no certificate that can be read.',
    },
  ])
  expect(await findingsOf(checkTrust, '/s', { env: {} })).toHaveLength(1)
})
