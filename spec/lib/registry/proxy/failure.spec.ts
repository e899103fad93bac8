import { describe, expect, it } from 'vitest'
import {
  brokenTunnelFailure,
  loginFailure,
  proxySuffix,
  refusedFailure,
  unreachableFailure,
  withProxyHint,
} from '../../../../lib/registry/proxy/failure.js'
import { Proxy } from '../../../../lib/registry/proxy/proxy.js'

const proxyAt = (url: string): Proxy => new Proxy(new URL(url), 'HTTPS_PROXY')
const proxy = proxyAt('http://me:s3cret@proxy.test:3128')
const withCode = (code: string): Error => Object.assign(new Error('connect'), { code })

describe('a failure of a proxy', () => {
  it.each([
    ['ECONNREFUSED', 'it refuses the connection', true],
    ['ECONNRESET', 'it closed the connection', true],
    ['ENOTFOUND', 'there is no host with that name', false],
    ['EAI_AGAIN', 'its address could not be looked up', true],
    ['ETIMEDOUT', 'it does not respond', true],
    ['EODD', 'EODD', true],
  ])('with the code %s says why, and whether to try again', (code, why, retryable) => {
    expect(unreachableFailure(proxy, withCode(code))).toMatchObject({
      message: `the proxy proxy.test:3128 cannot be reached: ${why}`,
      retryable,
    })
  })

  it('without a code says that the connection failed', () => {
    expect(unreachableFailure(proxy, undefined).message).toMatch(/: the connection failed$/)
  })

  it('names the variable and never the login', () => {
    for (const failure of [
      unreachableFailure(proxy, withCode('ECONNREFUSED')),
      refusedFailure(proxy, 'it answers HTTP 403'),
      brokenTunnelFailure(proxy, 'it was closed'),
      loginFailure(proxy),
    ]) {
      expect(failure.hint).toContain('HTTPS_PROXY')
      expect(failure.message).toContain('proxy.test:3128')
      expect(failure.message + failure.hint).not.toMatch(/s3cret|me:/)
    }
  })

  it.each([
    ['http://proxy.test:3128', 'http://NAME:PASSWORD@proxy.test:3128'],
    ['https://proxy.test', 'https://NAME:PASSWORD@proxy.test:443'],
    ['socks5h://proxy.test', 'socks5://NAME:PASSWORD@proxy.test:1080'],
    ['http://[fd00::1]:3128', 'http://NAME:PASSWORD@[fd00::1]:3128'],
  ])('that requires a login says how to give it one: %s', (url, example) => {
    expect(loginFailure(proxyAt(url))).toMatchObject({
      hint: `It requires a login. Put one into HTTPS_PROXY: ${example}.`,
      retryable: false,
    })
    expect(loginFailure(proxy)).toMatchObject({
      hint: 'It rejects the name or password in HTTPS_PROXY.',
      retryable: false,
    })
  })
})

describe('a message about a request', () => {
  it('names the proxy if there is one', () => {
    expect([proxySuffix(proxy), proxySuffix(undefined)]).toEqual([' through the proxy proxy.test:3128', ''])
    expect(withProxyHint('Why?', undefined)).toBe('Why?')
    expect(withProxyHint('Why?', proxy)).toBe(
      'Why? Also check the proxy proxy.test:3128, which HTTPS_PROXY names. Hosts that NO_PROXY lists are contacted directly.',
    )
  })
})
