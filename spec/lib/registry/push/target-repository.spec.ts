import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { digestOf, type SinkRequest } from '../../../../lib/image/index.js'
import { Credential, type Credentials, type TargetRepository } from '../../../../lib/registry/index.js'
import { withoutHeaders } from '../../../../lib/testing/registry/answer.js'
import {
  buildIndex,
  faults,
  problem,
  putImage,
  startRegistry,
  tinyImage,
} from '../../../../lib/testing/index.js'
import { blobOf, opening, traffic, withTarget } from '../../../support/with-target.js'

const image = tinyImage()
const { manifest, config, layers } = image
const all = [config, ...layers]

describe('a repository as a target', () => {
  it('receives an image: its blobs, then the manifest under its digest or tag', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      for (const blob of all) await target.putBlob(blob, opening(blob.bytes))
      expect(await target.resolve('1')).toBeUndefined()
      expect(await target.hasImage(manifest)).toBe(false)
      await target.putManifest(manifest.bytes, manifest)
      expect(await target.hasImage(manifest)).toBe(true)
      await target.putManifest(manifest.bytes, manifest, { tag: '1' })
      expect(await target.resolve('1')).toBe(manifest.digest)
      const puts = registry.requests.filter(({ kind, method }) => kind === 'manifest' && method === 'PUT')
      expect(puts.map(({ reference }) => reference)).toEqual([manifest.digest, '1'])
      expect(puts[0]!.headers['content-type']).toBe(manifest.mediaType)
    }))

  it('does not count an index as an image: its images may be missing', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const index = buildIndex([image])
      await putImage(registry, 'team/app', 'all', index)
      expect(await target.resolve('all')).toBe(index.manifest.digest)
      expect(await target.hasImage(index.manifest)).toBe(false)
      expect(await target.hasImage(manifest)).toBe(true)
    }))

  it('counts a manifest of schema 1 as an image', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
      const digest = registry.putManifest('team/app', 'old', Buffer.from('{}'), type)
      expect(await target.hasImage({ ...manifest, digest })).toBe(true)
    }))

  it('reads the digest of a tag from the manifest if the registry does not state it', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await putImage(registry, 'team/app', '1', image)
      registry.addFault(faults.header('docker-content-digest', '', { kind: 'manifest' }))
      expect(await target.resolve('1')).toBe(manifest.digest)
    }))

  it('mounts a blob of another repository without sending its content', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await putImage(registry, 'team/base', '1', image)
      for (const blob of all) {
        expect(await target.hasBlob(blob)).toBe(false)
        expect(await target.mount(blob, 'team/base')).toBe(true)
        expect(await target.hasBlob(blob)).toBe(true)
      }
      expect(registry.bytesReceived).toBe(0)
    }))

  it('requests a token for both repositories to mount a blob', () =>
    withTarget({ auth: { kind: 'token' } }, {}, async ({ registry, target }) => {
      await putImage(registry, 'team/base', '1', image)
      expect(await target.mount(config, 'team/base')).toBe(true)
      const login = registry.requests.find(({ kind }) => kind === 'token')!
      expect(new URL(login.url, registry.url).searchParams.getAll('scope')).toEqual([
        ...['repository:team/app:pull,push', 'repository:team/base:pull'],
      ])
    }))

  it('cancels the upload that a registry opens instead of mounting', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      expect(await target.mount(config, 'team/none')).toBe(false)
      expect(traffic(registry)).toEqual(['POST upload 202', 'DELETE upload 204'])
      expect(registry.openUploads).toBe(0)
    }))

  it('mounts nothing if the login is refused for the other repository', () =>
    withTarget({ auth: { kind: 'token' } }, {}, async ({ registry, target }) => {
      registry.hook(({ kind, url }) =>
        kind === 'token' && url.includes('secret') ? problem(403, 'DENIED', 'not yours') : undefined,
      )
      expect(await target.mount(config, 'team/secret')).toBe(false)
      await target.putBlob(config, opening(config.bytes))
      expect(await target.hasBlob(config)).toBe(true)
    }))

  it('treats a redirect to storage as proof that the blob exists, even if the storage refuses HEAD', async () => {
    const storage = await startRegistry()
    storage.hook(() => problem(403, 'DENIED', 'signed for GET'))
    await withTarget({}, {}, async ({ registry, target }) => {
      registry.addFault(faults.redirect(`${storage.url}/signed`, { kind: 'blob' }))
      expect(await target.hasBlob(config)).toBe(true)
    })
    await storage.close()
  })

  it.each([401, 403, 404, 405])('treats status %i of HEAD as missing content', (status) =>
    withTarget({}, {}, async ({ registry, target }) => {
      const challenge = { 'www-authenticate': 'Basic realm="r"' }
      registry.hook(() => problem(status, 'UNKNOWN', '', status === 401 ? challenge : {}))
      expect(await target.hasBlob(config)).toBe(false)
      expect(await target.hasImage(manifest)).toBe(false)
      expect(await target.resolve('1')).toBeUndefined()
    }),
  )

  it.each([
    [429, 'TOO_MANY_REQUESTS'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ])('does not treat status %i of HEAD as missing content', (status, code) =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.hook(() => problem(status, 'UNKNOWN', ''))
      await expect(target.hasBlob(config)).rejects.toMatchObject({ code, retryable: true })
    }),
  )

  it('logs in with Basic', () => {
    const auth = { kind: 'basic', username: 'me', password: 'secret' } as const
    const credentials = { for: () => Promise.resolve(Credential.password('me', 'secret')) }
    return withTarget({ auth }, { credentials }, async ({ registry, target }) => {
      await target.putBlob(config, opening(config.bytes))
      expect(traffic(registry)).toEqual(['POST upload 202', 'PUT upload 201'])
    })
  })

  it('rejects an invalid tag before it becomes part of a URL', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const { bytes } = manifest
      for (const tag of ['', '../x', 'a/b', 'a?b']) {
        await expect(target.putManifest(bytes, manifest, { tag })).rejects.toMatchObject({
          code: 'REFERENCE_INVALID',
        })
        await expect(target.resolve(tag)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
      }
      expect(registry.requests).toEqual([])
    }))

  it('reports that the registry stored a manifest with another digest', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await putImage(registry, 'team/app', '1', image)
      const other = blobOf(Buffer.from('other')).digest
      registry.addFault(faults.header('docker-content-digest', other, { kind: 'manifest', method: 'PUT' }))
      await expect(target.putManifest(manifest.bytes, manifest)).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
        message: expect.stringContaining(`the registry stored ${other} instead of ${manifest.digest}`),
      })
    }))
})

describe('a request to a target', () => {
  const other = digestOf(Buffer.from('of another image'))

  it.each<[string, (target: TargetRepository, signal: AbortSignal) => Promise<unknown>]>([
    ['a blob that it has', (target, signal) => target.hasBlob(config, { signal })],
    ['an image that it has', (target, signal) => target.hasImage(manifest, { signal })],
    ['a tag', (target, signal) => target.resolve('1', { signal })],
    ['a mount', (target, signal) => target.mount(config, 'team/other', { signal })],
    ['a blob', (target, signal) => target.putBlob(config, opening(config.bytes), { signal })],
    ['a manifest', (target, signal) => target.putManifest(manifest.bytes, manifest, { signal })],
    ['a referrer', (target, signal) => target.putReferrer(manifest.bytes, manifest, other, { signal })],
    ['tags', (target, signal) => next(target.tags({ signal }))],
    ['a removal', (target, signal) => next(target.removeTags(['1'], { signal }))],
  ])('for %s is not sent after a cancellation', (_, ask) =>
    withTarget({}, {}, async ({ registry, target }) => {
      for (const blob of all) await target.putBlob(blob, opening(blob.bytes))
      const before = registry.requests.length
      await expect(ask(target, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(registry.requests).toHaveLength(before)
      await ask(target, new AbortController().signal)
      expect(registry.requests.length).toBeGreaterThan(before)
    }),
  )

  it('reports the warnings about the credentials, whatever is asked first', async () => {
    for (const ask of [
      (target: TargetRepository, request: SinkRequest) => target.hasBlob(config, request),
      (target: TargetRepository, request: SinkRequest) => target.hasImage(manifest, request),
      (target: TargetRepository, request: SinkRequest) => next(target.removeTags(['1'], request)),
      (target: TargetRepository, request: SinkRequest) =>
        target.putManifest(manifest.bytes, manifest, request).catch(() => undefined),
    ]) {
      const warnings: string[] = []
      const credentials: Credentials = {
        for: (_, { onWarning } = {}) => {
          onWarning?.('odd', 'An entry is odd')
          return Promise.resolve(undefined)
        },
      }
      await withTarget({}, { credentials }, async ({ target }) => {
        await ask(target, { onWarning: (code) => void warnings.push(code) })
      })
      expect(warnings).toEqual(['odd'])
    }
  })

  it('that looks for content leaves no listener on its signal', () =>
    withTarget({}, {}, async ({ target }) => {
      const { signal } = new AbortController()
      await target.putBlob(config, opening(config.bytes))
      expect(await target.hasBlob(config, { signal })).toBe(true)
      expect(await target.hasImage(manifest, { signal })).toBe(false)
      await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([])
    }))

  it('for the digest of a manifest can be cancelled while it reads the manifest', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await putImage(registry, 'team/app', '1', image)
      const cancel = new AbortController()
      registry.addFault(
        faults.answer(
          ({ headers, ...rest }) => ({ ...rest, headers: withoutHeaders(headers, 'docker-content-digest') }),
          {
            method: 'HEAD',
            kind: 'manifest',
          },
        ),
      )
      registry.hook(({ method, kind }) => {
        if (method !== 'GET' || kind !== 'manifest') return undefined
        cancel.abort()
        return new Promise(() => undefined)
      })
      const resolved = target.resolve('1', { signal: cancel.signal })
      await expect(resolved).rejects.toMatchObject({ code: 'CANCELLED' })
    }))
})

async function next<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}
