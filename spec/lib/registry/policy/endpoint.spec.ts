import { describe, expect, it } from 'vitest'
import { apiUrl, endpointOf } from '../../../../lib/registry/policy/endpoint.js'

const base = (registry: string, options = {}) => endpointOf(registry, options).base.href

describe('endpointOf', () => {
  it('finds docker.io at registry-1.docker.io, or where it is told to (S0-04)', () => {
    expect(base('docker.io')).toBe('https://registry-1.docker.io/')
    expect(base('docker.io', { endpoints: { 'index.docker.io': 'http://mirror.example:81/x' } })).toBe(
      'http://mirror.example:81/',
    )
  })

  it('takes host and port as they are named (S0-03)', () => {
    expect(base('Example.com:8443')).toBe('https://example.com:8443/')
    expect(base('[2001:db8::1]:5000')).toBe('https://[2001:db8::1]:5000/')
  })

  it('derives the scheme from host and port (S0-08)', () => {
    expect(base('example.com:443')).toBe('https://example.com/')
    expect(base('example.com:80')).toBe('http://example.com/')
    expect(base('example.com')).toBe('https://example.com/')
    expect(base('example.com:5000')).toBe('https://example.com:5000/')
    expect(base('localhost:443')).toBe('https://localhost/')
    for (const host of ['localhost:5000', '127.0.0.1:5000', '127.9.9.9', '[::1]:5000', 'localhost'])
      expect(endpointOf(host)).toMatchObject({ scheme: 'loopback', base: { protocol: 'http:' } })
  })

  it('speaks plain HTTP elsewhere only when told to, and sends no credentials there otherwise', () => {
    expect(endpointOf('example.com:5000', { plainHttp: true })).toMatchObject({
      base: { href: 'http://example.com:5000/' },
      confidential: true,
    })
    expect(endpointOf('example.com:80').confidential).toBe(false)
    expect(endpointOf('example.com', { endpoints: { 'example.com': 'http://10.0.0.1' } }).confidential).toBe(
      false,
    )
  })

  it('names a port that is none (S0-09)', () => {
    for (const name of ['example.com:http', 'example.com:', 'example.com:65536', '[::1]:x'])
      expect(() => endpointOf(name)).toThrow(/^Failed to get registry port/)
  })

  it('takes the highest port that there is', () => {
    expect(endpointOf('example.com:65535').base.port).toBe('65535')
  })

  it('refuses names that would lead elsewhere', () => {
    for (const name of ['', 'a/b', 'a@b', 'a?b', 'a#b', 'a\\b', 'a b'])
      expect(() => endpointOf(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
    for (const url of ['ftp://a', 'a', 'http://u:p@a', 'http://u@a', 'http://:p@a', 'file:///x'])
      expect(() => endpointOf('a', { endpoints: { a: url } })).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      )
  })

  it('builds API URLs with slashes on that host (S0-13, S1-26)', () => {
    expect(apiUrl(new URL('https://h:1/'), 'a/b', 'manifests', 'c').href).toBe(
      'https://h:1/v2/a/b/manifests/c',
    )
  })
})
