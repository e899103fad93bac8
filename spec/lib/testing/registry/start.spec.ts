import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { faults, startRegistry, type TestRegistry } from '../../../../lib/testing/registry/index.js'

const type = 'application/vnd.oci.image.manifest.v1+json'
const bytes = Buffer.from('0123456789')

async function withRegistry(
  options: Parameters<typeof startRegistry>[0],
  body: (registry: TestRegistry) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry(options)
  try {
    await body(registry)
  } finally {
    await registry.close()
  }
}

describe('startRegistry', () => {
  it('serves manifests by tag and digest, with HEAD and If-None-Match', () =>
    withRegistry({}, async (registry) => {
      const digest = registry.putManifest('a/b', 'v1', bytes, type)
      for (const reference of ['v1', digest]) {
        const url = `${registry.url}/v2/a/b/manifests/${reference}`
        const answer = await fetch(url)
        expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
        expect(answer.headers.get('content-type')).toBe(type)
        expect(answer.headers.get('docker-content-digest')).toBe(digest)
        const head = await fetch(url, { method: 'HEAD' })
        expect([head.status, head.headers.get('content-length')]).toEqual([200, '10'])
        expect((await fetch(url, { headers: { 'if-none-match': `"${digest}"` } })).status).toBe(304)
      }
    }))

  it('serves whole blobs and ranges', () =>
    withRegistry({}, async (registry) => {
      const digest = registry.putBlob(bytes)
      const get = async (headers: Record<string, string>) => {
        const answer = await fetch(`${registry.url}/v2/a/b/blobs/${digest}`, { headers })
        return [answer.status, answer.headers.get('content-range'), await answer.text()]
      }
      expect(await get({})).toEqual([200, null, '0123456789'])
      expect(await get({ range: 'bytes=4-' })).toEqual([206, 'bytes 4-9/10', '456789'])
      expect(await get({ range: 'bytes=4-5' })).toEqual([206, 'bytes 4-5/10', '45'])
      expect(await get({ range: 'bytes=10-' })).toEqual([416, 'bytes */10', ''])
      expect(await get({ range: 'bytes=4-', 'if-range': `"${digest}"` })).toEqual([
        206,
        'bytes 4-9/10',
        '456789',
      ])
      expect(await get({ range: 'bytes=4-', 'if-range': '"x"' })).toEqual([200, null, '0123456789'])
    }))

  it('serves tags in pages', () =>
    withRegistry({ pageSize: 2 }, async (registry) => {
      for (const tag of ['c', 'a', 'b']) registry.putManifest('a/b', tag, bytes, type)
      const get = async (path: string) => {
        const answer = await fetch(registry.url + path)
        return [await answer.json(), answer.headers.get('link')]
      }
      const next = '/v2/a/b/tags/list?n=2&last=b'
      expect(await get('/v2/a/b/tags/list')).toEqual([
        { name: 'a/b', tags: ['a', 'b'] },
        `<${next}>; rel="next"`,
      ])
      expect(await get(next)).toEqual([{ name: 'a/b', tags: ['c'] }, null])
      expect(await get('/v2/a/b/tags/list?n=1&last=a')).toEqual([
        { name: 'a/b', tags: ['b'] },
        '</v2/a/b/tags/list?n=1&last=b>; rel="next"',
      ])
    }))

  it('responds to requests for missing content as the specification requires', () =>
    withRegistry({}, async (registry) => {
      registry.putManifest('a/b', 'v1', bytes, type)
      const code = async (path: string) => {
        const answer = await fetch(registry.url + path)
        const { errors } = (await answer.json()) as { errors: { code: string }[] }
        return `${answer.status} ${errors[0]?.code}`
      }
      expect(await code('/v2/a/b/manifests/v2')).toBe('404 MANIFEST_UNKNOWN')
      expect(await code('/v2/x/manifests/v1')).toBe('404 NAME_UNKNOWN')
      expect(await code('/v2/a/b/blobs/sha256:0')).toBe('404 BLOB_UNKNOWN')
      expect(await code('/nothing')).toBe('404 UNSUPPORTED')
    }))

  it('requires a token, which is valid for its repository only', () =>
    withRegistry({ auth: { kind: 'token' } }, async (registry) => {
      registry.putManifest('a/b', 'v1', bytes, type)
      registry.putManifest('c', 'v1', bytes, type)
      const first = await fetch(`${registry.url}/v2/a/b/manifests/v1`)
      expect(first.status).toBe(401)
      const challenge = first.headers.get('www-authenticate') ?? ''
      const [, realm, service, scope] = /realm="(.*?)",service="(.*?)",scope="(.*?)"/.exec(challenge) ?? []
      const answer = await fetch(`${realm}?service=${service}&scope=${scope}`)
      const { token } = (await answer.json()) as { token: string }
      const get = (name: string) =>
        fetch(`${registry.url}/v2/${name}/manifests/v1`, { headers: { authorization: `Bearer ${token}` } })
      expect((await get('a/b')).status).toBe(200)
      const other = await get('c')
      expect(other.status).toBe(401)
      expect(other.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    }))

  it('logs requests', () =>
    withRegistry({}, async (registry) => {
      registry.putManifest('a/b', 'v1', bytes, type)
      for (let round = 0; round < 2; round++) await fetch(`${registry.url}/v2/a/b/manifests/v1?x=y`)
      expect(registry.requests).toMatchObject([
        {
          kind: 'manifest',
          repository: 'a/b',
          reference: 'v1',
          nth: 1,
          status: 200,
          url: '/v2/a/b/manifests/v1?x=y',
        },
        { nth: 2 },
      ])
    }))

  it('limits the rate of responses', () =>
    withRegistry({ bytesPerSecond: 100_000, latency: 50 }, async (registry) => {
      const digest = registry.putBlob(Buffer.alloc(40_000))
      const before = performance.now()
      await (await fetch(`${registry.url}/v2/a/blobs/${digest}`)).arrayBuffer()
      expect(performance.now() - before).toBeGreaterThan(300)
    }))
})

describe('faults', () => {
  /** Returns the number of received bytes, and how the response ended. */
  const read = ({ url }: TestRegistry, digest: string): Promise<readonly [number, string]> =>
    new Promise((resolve) => {
      let received = 0
      const asked = request(`${url}/v2/a/blobs/${digest}`, (response) => {
        response.on('data', (chunk: Buffer) => {
          received += chunk.length
          if (received === 4) setTimeout(() => asked.destroy(new Error('gave up')), 200)
        })
        response.on('end', () => resolve([received, 'end']))
        response.on('error', (error: NodeJS.ErrnoException) =>
          resolve([received, error.code ?? error.message]),
        )
      })
      asked.on('error', (error: NodeJS.ErrnoException) => resolve([received, error.code ?? error.message]))
      asked.end()
    })

  it.each([
    ['truncate', [4, 'ECONNRESET']],
    ['reset', [4, 'ECONNRESET']],
    ['stall', [4, 'gave up']],
  ] as const)('%s breaks off after exactly so many bytes, once', (name, expected) =>
    withRegistry({ faults: [faults[name](4)] }, async (registry) => {
      const digest = registry.putBlob(bytes)
      expect(await read(registry, digest)).toEqual(expected)
      expect(await read(registry, digest)).toEqual([10, 'end'])
      expect(registry.appliedFaults).toEqual([name])
    }),
  )

  it('apply only to the selected requests', () =>
    withRegistry({}, async (registry) => {
      const [one, two] = [registry.putBlob(Buffer.from('one')), registry.putBlob(Buffer.from('two'))]
      registry.addFault(faults.status(503, { reference: two, nth: 2 }))
      registry.addFault(faults.wrongByte(0, { reference: one }))
      const get = async (digest: string) => {
        const answer = await fetch(`${registry.url}/v2/a/blobs/${digest}`)
        return [answer.status, (await answer.text()).slice(-2)]
      }
      expect(await get(two)).toEqual([200, 'wo'])
      expect((await get(two))[0]).toBe(503)
      expect(await get(two)).toEqual([200, 'wo'])
      expect(await get(one)).toEqual([200, 'ne'])
      expect(registry.appliedFaults).toEqual(['status', 'wrong-byte'])
    }))
})
