import { describe, expect, it } from 'vitest'
import { buildIndex, faults, putImage, startRegistry, tinyImage } from '../../../../lib/testing/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import type { RegistryOptions, TestRegistry } from '../../../../lib/testing/registry/index.js'

const image = tinyImage()
const bytes = Buffer.from('0123456789')
const digest = digestOf(bytes)

type Send = (method: string, path: string, body?: Buffer, headers?: Record<string, string>) => Promise<Sent>
interface Sent {
  readonly status: number
  readonly code: string
  readonly headers: Headers
}

async function withPushes(
  options: RegistryOptions,
  body: (registry: TestRegistry, send: Send) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry({ push: true, ...options })
  const send: Send = async (method, path, content, headers = {}) => {
    const init =
      content === undefined ? { method, headers } : { method, headers, body: Uint8Array.from(content) }
    const answer = await fetch(new URL(path, registry.url), init)
    const text = await answer.text()
    const { errors } = (text === '' ? {} : JSON.parse(text)) as { errors?: { code: string }[] }
    return { status: answer.status, code: errors?.[0]?.code ?? '', headers: answer.headers }
  }
  try {
    await body(registry, send)
  } finally {
    await registry.close()
  }
}

const uploads = '/v2/a/b/blobs/uploads/'

describe('an embedded registry that accepts pushes', () => {
  it('accepts a blob in one request, and serves it only from its repository', () =>
    withPushes({}, async (registry, send) => {
      const { status, headers } = await send('POST', uploads)
      expect(status).toBe(202)
      expect(registry.openUploads).toBe(1)
      const stored = await send('PUT', `${headers.get('location')!}?digest=${digest}`, bytes)
      expect([stored.status, stored.headers.get('docker-content-digest')]).toEqual([201, digest])
      expect(registry.openUploads).toBe(0)
      expect((await send('HEAD', `/v2/a/b/blobs/${digest}`)).status).toBe(200)
      expect((await send('HEAD', `/v2/c/blobs/${digest}`)).status).toBe(404)
      expect(registry.bytesReceived).toBe(10)
    }))

  it('accepts a blob in chunks, in their order', () =>
    withPushes({}, async (registry, send) => {
      const to = (await send('POST', uploads)).headers.get('location')!
      const patch = (from: number, to_: number) =>
        send('PATCH', to, bytes.subarray(from, to_ + 1), { 'content-range': `${from}-${to_}` })
      expect((await patch(0, 3)).headers.get('range')).toBe('0-3')
      expect(await patch(5, 9)).toMatchObject({ status: 416, code: 'BLOB_UPLOAD_INVALID' })
      expect((await patch(4, 9)).headers.get('range')).toBe('0-9')
      expect((await send('GET', to)).headers.get('range')).toBe('0-9')
      expect((await send('PUT', `${to}?digest=${digest}`)).status).toBe(201)
      expect(registry.blob(digest)).toEqual(bytes)
    }))

  it('refuses bytes that do not match the digest, and unknown uploads', () =>
    withPushes({}, async (registry, send) => {
      const to = (await send('POST', uploads)).headers.get('location')!
      expect(await send('PUT', `${to}?digest=${digest}`, Buffer.from('x'))).toMatchObject({
        status: 400,
        code: 'DIGEST_INVALID',
      })
      for (const method of ['PUT', 'PATCH', 'DELETE'])
        expect(await send(method, to)).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' })
      expect(registry.blob(digest)).toBeUndefined()
    }))

  it('cancels an upload', () =>
    withPushes({}, async (registry, send) => {
      const to = (await send('POST', uploads)).headers.get('location')!
      expect((await send('DELETE', to)).status).toBe(204)
      expect(registry.openUploads).toBe(0)
    }))

  it('mounts a blob of another repository', () =>
    withPushes({}, async (registry, send) => {
      await putImage(registry, 'base', '1', image)
      const mount = (from: string) =>
        send('POST', `${uploads}?mount=${image.config.digest}&from=${encodeURIComponent(from)}`)
      expect((await mount('none')).status).toBe(202)
      expect((await mount('base')).status).toBe(201)
      expect((await send('HEAD', `/v2/a/b/blobs/${image.config.digest}`)).status).toBe(200)
    }))

  it('accepts a manifest only if it has all content that the manifest refers to', () =>
    withPushes({}, async (_, send) => {
      const { manifest } = image
      const put = (reference: string, { bytes, mediaType }: { bytes: Buffer; mediaType: string }) =>
        send('PUT', `/v2/a/b/manifests/${reference}`, bytes, { 'content-type': mediaType })
      const index = buildIndex([image]).manifest
      expect(await put('1', manifest)).toMatchObject({ status: 404, code: 'MANIFEST_BLOB_UNKNOWN' })
      for (const [, each] of image.blobs) {
        const to = (await send('POST', uploads)).headers.get('location')!
        await send('PUT', `${to}?digest=${digestOf(each)}`, each)
      }
      expect(await put('all', index)).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' })
      expect(await put(digest, manifest)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' })
      expect(await put('1', { ...manifest, bytes })).toMatchObject({ status: 400, code: 'MANIFEST_INVALID' })
      expect((await put('1', manifest)).headers.get('docker-content-digest')).toBe(manifest.digest)
      expect((await put('all', index)).status).toBe(201)
      const { headers } = await send('HEAD', `/v2/a/b/manifests/${manifest.digest}`)
      expect(headers.get('content-type')).toBe(manifest.mediaType)
    }))

  it('requires a token that allows pushes, and pulls from the source of a mount', () => {
    const grant = (scope: string): string => scope.replace('repository:secret:pull', 'repository:secret:')
    return withPushes({ auth: { kind: 'token', grant } }, async (registry, send) => {
      const challenge = (await send('POST', `${uploads}?mount=${digest}&from=secret`)).headers.get(
        'www-authenticate',
      )
      expect(challenge).toContain('scope="repository:a/b:pull,push repository:secret:pull"')
      const scope = 'scope=repository:a/b:pull,push&scope=repository:secret:pull'
      const login = await fetch(`${registry.url}/token?service=windlass-registry&${scope}`)
      const { token } = (await login.json()) as { token: string }
      const authorization = { authorization: `Bearer ${token}` }
      expect((await send('POST', uploads, undefined, authorization)).status).toBe(202)
      const mount = await send('POST', `${uploads}?mount=${digest}&from=secret`, undefined, authorization)
      expect(mount.status).toBe(401)
      expect(mount.headers.get('www-authenticate')).toContain('insufficient_scope')
    })
  })

  it('stops reading where a fault requires that', () =>
    withPushes({}, async (registry, send) => {
      registry.addFault(faults.cutUpload(4, 'close'))
      const to = (await send('POST', uploads)).headers.get('location')!
      const large = Buffer.alloc(1_000_000)
      await expect(send('PUT', `${to}?digest=${digestOf(large)}`, large)).rejects.toThrow()
      expect(registry.appliedFaults).toEqual(['cut-upload'])
      expect(registry.openUploads).toBe(1)
    }))

  it('refuses pushes by default', async () => {
    const registry = await startRegistry()
    const answer = await fetch(`${registry.url}${uploads}`, { method: 'POST' })
    expect(answer.status).toBe(405)
    await registry.close()
  })
})
