import { describe, expect, it } from 'vitest'
import { apiUrl, endpointOf, endpointOfHost } from '../../../../lib/registry/policy/endpoint.js'

const base = (registry: string, options = {}) => endpointOf(registry, options).base.href

describe('endpointOf', () => {
  it('maps docker.io to registry-1.docker.io, or to the configured endpoint (S0-04)', () => {
    expect(base('docker.io')).toBe('https://registry-1.docker.io/v2/')
    expect(base('docker.io', { endpoints: { 'index.docker.io': 'http://mirror.example:81/x' } })).toBe(
      'http://mirror.example:81/v2/',
    )
  })

  it('uses host and port of the name (S0-03)', () => {
    expect(base('Example.com:8443')).toBe('https://example.com:8443/v2/')
    expect(base('[2001:db8::1]:5000')).toBe('https://[2001:db8::1]:5000/v2/')
  })

  it('derives the scheme from host and port (S0-08)', () => {
    expect(base('example.com:443')).toBe('https://example.com/v2/')
    expect(base('example.com:80')).toBe('http://example.com/v2/')
    expect(base('example.com')).toBe('https://example.com/v2/')
    expect(base('example.com:5000')).toBe('https://example.com:5000/v2/')
    expect(base('localhost:443')).toBe('https://localhost/v2/')
    for (const host of ['localhost:5000', '127.0.0.1:5000', '127.9.9.9', '[::1]:5000', 'localhost'])
      expect(endpointOf(host)).toMatchObject({ scheme: 'plain-first', base: { protocol: 'http:' } })
  })

  it('uses plain HTTP and sends credentials over it for other hosts only if plainHttp is set', () => {
    expect(endpointOf('example.com:5000', { plainHttp: true })).toMatchObject({
      base: { href: 'http://example.com:5000/v2/' },
      allowsCredentials: true,
    })
    expect(endpointOf('example.com:80').allowsCredentials).toBe(false)
    expect(
      endpointOf('example.com', { endpoints: { 'example.com': 'http://10.0.0.1' } }).allowsCredentials,
    ).toBe(false)
  })

  it('reports an invalid port (S0-09)', () => {
    for (const name of ['example.com:http', 'example.com:', 'example.com:65536', '[::1]:x'])
      expect(() => endpointOf(name)).toThrow(/^Failed to get registry port/)
  })

  it('accepts the highest port number', () => {
    expect(endpointOf('example.com:65535').base.port).toBe('65535')
  })

  it('rejects names that would change the host of the URL', () => {
    for (const name of ['', 'a/b', 'a@b', 'a?b', 'a#b', 'a\\b', 'a b'])
      expect(() => endpointOf(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
    for (const url of ['ftp://a', 'a', 'http://u:p@a', 'http://u@a', 'http://:p@a', 'file:///x'])
      expect(() => endpointOf('a', { endpoints: { a: url } })).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      )
  })

  it('builds API URLs on that host, with slashes in the repository (S0-13, S1-26)', () => {
    expect(apiUrl(new URL('https://h:1/v2/'), 'a/b', 'manifests', 'c').href).toBe(
      'https://h:1/v2/a/b/manifests/c',
    )
  })
})

describe('endpointOfHost', () => {
  it('is that of a registry of this name, with the path of the API', () => {
    for (const host of ['docker.io', 'example.com:80', 'localhost:5000', 'example.com:8443'])
      expect(endpointOfHost({ host })).toEqual(endpointOf(host))
    expect(endpointOfHost({ host: 'example.com', apiPath: '/v2/proxy/' }).base.href).toBe(
      'https://example.com/v2/proxy/',
    )
    const endpoints = { 'example.com': 'http://10.0.0.1:81' }
    expect(endpointOfHost({ host: 'example.com', apiPath: '/a/' }, { endpoints }).base.href).toBe(
      'http://10.0.0.1:81/a/',
    )
  })

  it('has the configured scheme', () => {
    expect(endpointOfHost({ host: 'localhost:5000', scheme: 'https' })).toMatchObject({
      ...{ base: { href: 'https://localhost:5000/v2/' }, scheme: 'known', allowsCredentials: true },
    })
    expect(endpointOfHost({ host: 'docker.io', scheme: 'https', apiPath: '/' }).base.href).toBe(
      'https://registry-1.docker.io/',
    )
  })

  it('sends credentials over plain HTTP only to this machine, or if the user allows plain HTTP', () => {
    const plain = { host: 'example.com', scheme: 'http' } as const
    const allows = (...parameters: Parameters<typeof endpointOfHost>): boolean =>
      endpointOfHost(...parameters).allowsCredentials
    expect(allows(plain)).toBe(false)
    expect(allows({ ...plain, host: '127.0.0.1:5000' })).toBe(true)
    expect(allows({ ...plain, tls: { allowsPlainHttp: true } })).toBe(true)
    expect(allows(plain, { plainHttp: true })).toBe(true)
  })

  it('tries TLS first if plain HTTP is allowed, except on this machine and on port 443', () => {
    const tls = { allowsPlainHttp: true }
    expect(endpointOfHost({ host: 'example.com:80', tls, apiPath: '/a/' })).toMatchObject({
      ...{ base: { href: 'https://example.com:80/a/' }, scheme: 'tls-first', allowsCredentials: true },
    })
    expect(endpointOfHost({ host: 'localhost:5000', tls }).scheme).toBe('plain-first')
    expect(endpointOfHost({ host: 'example.com:443', tls })).toEqual(endpointOf('example.com:443'))
    expect(endpointOfHost({ host: 'example.com', tls: {} }).scheme).toBe('known')
  })

  it('is the configured endpoint if there is one, also if plain HTTP is allowed', () => {
    const endpoints = { 'example.com': 'http://10.0.0.1:81' }
    expect(
      endpointOfHost({ host: 'example.com', tls: { allowsPlainHttp: true } }, { endpoints }),
    ).toMatchObject({
      ...{ base: { href: 'http://10.0.0.1:81/v2/' }, scheme: 'known', allowsCredentials: true },
    })
  })

  it.each([
    '',
    'v2/',
    '/v2',
    '//evil.example/',
    '/v2/../',
    '/%2e%2e/a/',
    '/a b/',
    '/a?b/',
    '/a#/',
    '/\\a/',
    '/./',
  ])('rejects the path %j', (apiPath) => {
    expect(() => endpointOfHost({ host: 'example.com', apiPath })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
  })
})
