import { expect, it } from 'vitest'
import { certificateFault, isCertificateCode } from '../../../../lib/registry/http/certificate-fault.js'

it.each([
  ['CERT_HAS_EXPIRED', 'its certificate has expired', 'Check the clock of this machine.'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet', 'Check the clock of this machine.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name', 'Check the name quay.io.'],
  ['HOSTNAME_MISMATCH', 'its certificate is for another name', 'Check the name quay.io.'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not trusted', '--ca FILE'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not trusted', '--ca FILE'],
])('%s: %s', (code, why, part) => {
  expect(isCertificateCode(code)).toBe(true)
  const fault = certificateFault(code, 'quay.io')
  expect(fault.why).toBe(why)
  expect(fault.hint).toContain(part)
})

it.each(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ECONNRESET', ''])(
  '%j does not concern a certificate',
  (code) => {
    expect(isCertificateCode(code)).toBe(false)
  },
)
