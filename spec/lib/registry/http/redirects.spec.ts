import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Connections } from '../../../../lib/registry/http/connections.js'
import { followRedirects } from '../../../../lib/registry/http/redirects.js'
import { Credential, onlyFor } from '../../../../lib/registry/index.js'
import { type Fault, faults, problem, startRegistry } from '../../../../lib/testing/registry/index.js'
import { bytesOf, content, talk, withRegistry } from '../../../support/with-registry.js'

const known = ({ host }: { host: string }) => ({
  credentials: onlyFor(host, Credential.password('user', 'sesame')),
})
const basic = { kind: 'basic', username: 'user', password: 'sesame' } as const

const moved = (headers: { readonly location: string }) => ({ status: 307, headers, body: Buffer.alloc(0) })

/** Each redirect leads to a new URL. */
function manyTimes(digest: string, times = Infinity): Fault {
  let hop = 0
  return faults.answer(() => moved({ location: `/v2/team/app/blobs/${digest}?hop=${++hop}` }), {
    kind: 'blob',
    times,
  })
}

describe('redirects', () => {
  it('follows a blob to another origin without the credentials and with all other headers (S0-84)', async () => {
    const elsewhere = await startRegistry()
    elsewhere.putBlob(content)
    await withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/x/blobs/${blob.digest}?signature=secret`))
      const body = await repository.blob(blob, { offset: 10 })
      expect(body).toMatchObject({ host: elsewhere.host, offset: 10 })
      expect((await bytesOf(body)).equals(content.subarray(10))).toBe(true)
      expect(elsewhere.requests[0]?.headers).toMatchObject({
        range: 'bytes=10-',
        'accept-encoding': 'identity',
      })
      expect(elsewhere.requests[0]?.headers).not.toHaveProperty('authorization')
    })
    await elsewhere.close()
  })

  it('does not send the credentials again after a redirect back to the origin', async () => {
    const elsewhere = await startRegistry()
    await withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      const back = `${registry.url}/v2/team/app/blobs/${blob.digest}`
      elsewhere.addFault(faults.redirect(back))
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/x/blobs/${blob.digest}`, { times: 1 }))
      await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      expect(registry.requests.at(-1)?.headers).not.toHaveProperty('authorization')
      expect(talk(registry)).toEqual(['blob 307', 'blob 401'])
    })
    await elsewhere.close()
  })

  it.each([301, 302, 303, 307, 308])('repeats a HEAD request as such after status %i', (status) =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      registry.addFault(
        faults.redirect(`/v2/other/blobs/${blob.digest}`, { method: 'HEAD', times: 1 }, status),
      )
      expect(await repository.blobSize(blob.digest)).toBe(content.length)
      const methods = registry.requests.filter(({ kind }) => kind === 'blob').map(({ method }) => method)
      expect(methods).toEqual(['HEAD', 'HEAD'])
    }),
  )

  it('sends the credentials within the origin, over one connection', () =>
    withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`/v2/other/blobs/${blob.digest}`, { nth: 1, times: 1 }, 302))
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(registry.connections).toBe(1)
    }))

  it.each([
    [undefined, 10],
    [{ redirects: 2 }, 2],
    [{ redirects: 0 }, 0],
  ])('stops after ten redirects, or at the configured limit (%o)', (limits, most) =>
    withRegistry({}, { ...(limits && { limits }) }, async ({ repository, registry, blob }) => {
      registry.addFault(manyTimes(blob.digest))
      await expect(repository.blob(blob)).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(`more than the limit redirects (${most})`) as string,
        hint: expect.stringContaining('--limit redirects=N') as string,
      })
      expect(talk(registry)).toHaveLength(most + 1)
    }),
  )

  it('follows more redirects if the limit is higher', () =>
    withRegistry({}, { limits: { redirects: 12 } }, async ({ repository, registry, blob }) => {
      registry.addFault(manyTimes(blob.digest, 12))
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
    }))

  it.each([
    ['itself', [''], 1],
    ['itself by its whole path', ['DIGEST'], 1],
    ['another place and back', ['DIGEST?other', 'DIGEST'], 2],
    ['a place that leads to itself', ['DIGEST?other', 'DIGEST?other'], 2],
  ])('rejects a loop: to %s', (_where, places, requests) =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const locations = places.map((place) => place.replace('DIGEST', `/v2/team/app/blobs/${blob.digest}`))
      let at = 0
      registry.addFault(
        faults.answer(() => moved({ location: locations[at++ % locations.length]! }), { kind: 'blob' }),
      )
      await expect(repository.blob(blob)).rejects.toMatchObject({
        code: 'REDIRECT_REFUSED',
        exitCode: 6,
        message: expect.stringContaining('the redirects form a loop') as string,
      })
      expect(talk(registry)).toHaveLength(requests)
    }),
  )

  it('treats URLs that differ in one byte as different', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const places = ['?a=%2f', '?a=%2F', '?a=/']
      let at = 0
      registry.addFault(
        faults.answer(() => (at < places.length ? moved({ location: places[at++]! }) : undefined), {
          kind: 'blob',
          times: Infinity,
        }),
      )
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
    }))

  it.each(['file:///etc/passwd', 'unix:/run/x', 'data:,x', 'ftp://a/b', 'http://'])(
    'does not follow a redirect to %s',
    (to) =>
      withRegistry({}, {}, async ({ repository, registry, blob }) => {
        registry.addFault(faults.redirect(to))
        await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' })
      }),
  )

  it.each([
    "?X-Amz-Signature='a'&b=%2b+c",
    '?a="b"|c[]{d}^`&e=%7E~',
    '/%2e%2e/x%2Fy/a+b?c=%2e',
    "//double//slash/?a='",
    '/%zz?%',
  ])('sends the path and query of a Location unchanged: %s', async (tail) => {
    const elsewhere = await startRegistry()
    elsewhere.hook(() => ({ status: 200, headers: {}, body: content }))
    await withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/x${tail}`))
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(elsewhere.requests.map(({ url }) => url)).toEqual([`/x${tail}`])
    })
    await elsewhere.close()
  })

  it.each([
    ['/v2/team/app/blobs/x?X-Amz-Signature=a', false],
    ['/v2/team/app/blobs/x?X-Goog-Signature=a', false],
    ['/v2/team/app/blobs/x?Expires=1&Signature=a&Key-Pair-Id=b', false],
    ['/v2/team/app/blobs/x?sig=a', false],
    ['/storage/x', false],
    ['/v2/%2e%2e/storage/x', false],
    ['/v2/..%2fstorage/x', false],
    ['/v2/../storage/x', false],
    ['/v2/other/blobs/x', true],
    ['/v2/other/blobs/x?ns=docker.io&Expires=1', true],
  ])('within the origin, sends the credentials to %s: %s', (to, carried) =>
    withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      registry.hook(({ reference, headers, url }) => {
        if (headers['authorization'] === undefined && url.includes(blob.digest)) return undefined
        if (reference === blob.digest)
          return { status: 307, headers: { location: to }, body: Buffer.alloc(0) }
        return { status: 200, headers: {}, body: content }
      })
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      const last = registry.requests.at(-1)
      expect(last?.url).toBe(to.replace('/v2/../', '/'))
      expect(last?.headers['authorization'] !== undefined).toBe(carried)
    }),
  )

  it('reports the refusal of a signed URL without a request to log in and without the signature', () =>
    withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      const signature = "s1gn'ed%2Bvalue"
      registry.hook(({ headers, url }) => {
        if (headers['authorization'] === undefined && !url.includes('sig=')) return undefined
        if (!url.includes('sig=')) {
          const location = `/v2/x/blobs/y?sig=${signature}`
          return { status: 307, headers: { location }, body: Buffer.alloc(0) }
        }
        return problem(401, 'UNAUTHORIZED', `no ${url}`, { 'www-authenticate': 'Basic realm="x"' })
      })
      const error: unknown = await repository.blob(blob).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'UNAUTHORIZED' })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s1gn')
      expect(talk(registry)).toEqual(['blob 307', 'blob 401'])
    }))

  it.each([307, 308, 302])(
    'does not repeat a form, which may contain a refresh token, after a %i',
    async (status) => {
      const [registry, elsewhere] = [await startRegistry(), await startRegistry()]
      const connections = new Connections()
      registry.hook(() => ({
        ...{ status, body: Buffer.alloc(0) },
        headers: { location: `${elsewhere.url}/token` },
      }))
      const url = new URL(`${registry.url}/token`)
      const form = { refresh_token: 'secret' }
      const purpose = 'log in'
      await expect(
        followRedirects(connections, { url, method: 'POST', form, purpose }),
      ).rejects.toMatchObject({
        code: 'REDIRECT_REFUSED',
        subject: { status },
      })
      expect(elsewhere.requests).toEqual([])
      await connections.close()
      await Promise.all([registry.close(), elsewhere.close()])
    },
  )

  it('sends no request to a URL that the caller rejects', async () => {
    const [registry, elsewhere] = [await startRegistry(), await startRegistry()]
    const connections = new Connections()
    registry.hook(() => moved({ location: `${elsewhere.url}/v2/` }))
    const seen: string[] = []
    const check = (url: URL): void => {
      seen.push(url.href)
      throw new Error('not there')
    }
    const request = { url: new URL(`${registry.url}/v2/`), purpose: 'look' }
    await expect(followRedirects(connections, request, { check })).rejects.toThrow('not there')
    expect([seen, elsewhere.requests]).toEqual([[`${elsewhere.url}/v2/`], []])
    await connections.close()
    await Promise.all([registry.close(), elsewhere.close()])
  })

  it(
    'releases the connection of a redirect response, however long the response is',
    { timeout: 10_000 },
    async () => {
      const registry = await startRegistry()
      const connections = new Connections({ maxSockets: 1 })
      registry.hook(({ url }) => ({
        ...(url === '/v2/a' ? { status: 307, headers: { location: '/v2/b' } } : { status: 200, headers: {} }),
        body: Buffer.alloc(2 ** 22),
      }))
      const response = await followRedirects(connections, {
        url: new URL(`${registry.url}/v2/a`),
        purpose: 'look',
      })
      expect(response.status).toBe(200)
      response.body.destroy()
      await connections.close()
      await registry.close()
    },
  )

  it('sends the bytes of a foreign URL as the manifest states them', async () => {
    const elsewhere = await startRegistry()
    elsewhere.hook(() => ({ status: 200, headers: {}, body: content }))
    await withRegistry({}, {}, async ({ repository, blob }) => {
      await bytesOf(await repository.foreignBlob(`${elsewhere.url}/a'%2e%2e/b?c="d"|e`, blob))
      expect(elsewhere.requests.map(({ url }) => url)).toEqual([`/a'%2e%2e/b?c="d"|e`])
    })
    await elsewhere.close()
  })
})
