import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { resolveNamedLocation } from '../../../../lib/registry/http/named-location.js'
import { type TestRegistry, startRegistry } from '../../../../lib/testing/registry/index.js'
import { blobOf, opening, traffic, withTarget } from '../../../support/with-target.js'

const at = (location: string | undefined, from = 'https://registry.example/v2/a/blobs/uploads/') => {
  const url = new URL(from)
  const response = { url, target: url.pathname, status: 202, body: Readable.from([]) }
  return resolveNamedLocation(
    { ...response, headers: location === undefined ? {} : { location } },
    new URL('https://registry.example'),
    'upload a blob',
  )
}

describe('the location of an upload', () => {
  it.each([
    ['/v2/a/blobs/uploads/1?_state=a%2Fb', '/v2/a/blobs/uploads/1?_state=a%2Fb'],
    ['1?_state=x', '/v2/a/blobs/uploads/1?_state=x'],
    ['https://registry.example/v2/a/blobs/uploads/1', '/v2/a/blobs/uploads/1'],
    [`/v2/a/blobs/uploads/1?s='(%2e%2E)'`, `/v2/a/blobs/uploads/1?s='(%2e%2E)'`],
  ])('%s is sent to the registry itself, byte for byte', (location, target) => {
    const found = at(location)
    expect([found.url.origin, found.target]).toEqual(['https://registry.example', target])
  })

  it.each(['http://registry.example/v2/a/1', 'http://registry.example:80/v2/a/1'])(
    'uses HTTPS for a registry that does not know its own scheme: %s',
    (location) => expect(at(location).url.href).toBe('https://registry.example/v2/a/1'),
  )

  it('may be another host', () => {
    expect(at('https://storage.example/put?sig=1').url.host).toBe('storage.example')
  })

  it.each([
    ['http://storage.example/put', 'REDIRECT_REFUSED', 'from HTTPS to plain HTTP'],
    ['https://127.0.0.1/put', 'REDIRECT_REFUSED', 'loopback'],
    ['https://169.254.169.254/latest', 'REDIRECT_REFUSED', 'link-local'],
    ['ftp://registry.example/', 'REGISTRY_RESPONSE', 'not an http or https URL'],
    [undefined, 'REGISTRY_RESPONSE', 'no Location'],
  ])('%s is rejected', (location, code, says) => {
    expect(() => at(location)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    )
  })
})

describe('an upload to another host', () => {
  const content = Buffer.from('a layer')
  const blob = blobOf(content)

  /** Starts a server that accepts and records PUT requests. */
  const storage = async (): Promise<TestRegistry> => {
    const started = await startRegistry({ push: true })
    started.hook(({ method }) =>
      method === 'PUT' ? { status: 201, headers: {}, body: Buffer.alloc(0) } : undefined,
    )
    return started
  }

  it('sends the content, but not the token', async () => {
    const elsewhere = await storage()
    await withTarget({ auth: { kind: 'token' } }, {}, async ({ registry, target }) => {
      registry.hook(({ kind, method, headers }) =>
        kind === 'upload' && method === 'POST' && headers['authorization'] !== undefined
          ? { status: 202, headers: { location: `${elsewhere.url}/v2/put?key=1` }, body: Buffer.alloc(0) }
          : undefined,
      )
      await target.putBlob(blob, opening(content))
      expect(traffic(registry)).toEqual(['POST upload 401', 'GET token 200', 'POST upload 202'])
      const [put] = elsewhere.requests
      expect(put).toMatchObject({
        method: 'PUT',
        url: `/v2/put?key=1&digest=${encodeURIComponent(blob.digest)}`,
      })
      expect(put!.headers['authorization']).toBeUndefined()
      expect(elsewhere.bytesReceived).toBe(content.length)
    })
    await elsewhere.close()
  })

  it('follows a redirect that keeps the method, with the content from its start', async () => {
    const elsewhere = await storage()
    await withTarget({}, {}, async ({ registry, target }) => {
      registry.hook(({ kind, method }) =>
        kind === 'upload' && method === 'PUT'
          ? { status: 307, headers: { location: `${elsewhere.url}/put` }, body: Buffer.alloc(0) }
          : undefined,
      )
      await target.putBlob(blob, opening(content))
      expect(elsewhere.bytesReceived).toBe(content.length)
    })
    await elsewhere.close()
  })

  it.each([301, 302, 303])('does not follow a redirect with status %i', async (status) => {
    await withTarget({}, {}, async ({ registry, target }) => {
      registry.hook(({ kind, method }) =>
        kind === 'upload' && method === 'PUT'
          ? { status, headers: { location: '/elsewhere' }, body: Buffer.alloc(0) }
          : undefined,
      )
      await expect(target.putBlob(blob, opening(content))).rejects.toMatchObject({
        code: 'REDIRECT_REFUSED',
      })
    })
  })
})
