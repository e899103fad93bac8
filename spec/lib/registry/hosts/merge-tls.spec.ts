import { describe, expect, it } from 'vitest'
import { mergeTls } from '../../../../lib/registry/hosts/merge-tls.js'

describe('the TLS settings of several files', () => {
  it('have the certificates of all, once each', () => {
    const client = [{ certificate: 'c', key: 'k' }]
    const other = { certificate: 'd', key: 'k' }
    expect(
      mergeTls({ ca: 'a', client }, undefined, { ca: 'a' }, { ca: 'b', client: [...client, other] }),
    ).toEqual({
      ca: 'a\nb',
      client: [...client, other],
    })
    expect(mergeTls(undefined, undefined)).toBeUndefined()
  })

  it('are as insecure as the first file that says so', () => {
    const insecure = { skipVerify: true, allowsPlainHttp: true }
    expect(mergeTls({ skipVerify: false }, insecure)).toEqual({ skipVerify: false })
    expect(mergeTls({ ca: 'a' }, insecure)).toEqual({ ca: 'a', ...insecure })
    expect(mergeTls({ skipVerify: true }, insecure)).toEqual({ skipVerify: true })
  })
})
