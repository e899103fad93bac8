import { describe, expect, it, vi } from 'vitest'
import { Credential, onlyFor } from '../../lib/registry/index.js'
import { faults, problem } from '../../lib/testing/registry/index.js'
import { bytesOf, content, manifest, talk, withRegistry } from './with-registry.js'

const known = (registry: { host: string }) => ({
  credentials: onlyFor(registry.host, Credential.password('user', 'sesame')),
})
const basic = { kind: 'basic', username: 'user', password: 'sesame' } as const
const token = { kind: 'token', username: 'user', password: 'sesame' } as const

describe('authentication', () => {
  it('S0-15 sends Basic credentials with the first request', () =>
    withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(talk(registry)).toEqual(['manifest 200', 'blob 200'])
    }))

  it('S0-15 S0-27 gets one token for a manifest and its blobs', () =>
    withRegistry({ auth: token }, known, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      await bytesOf(await repository.blob(blob))
      expect(talk(registry)).toEqual(['manifest 401', 'token 200', 'manifest 200', 'blob 200'])
    }))

  it('gets anonymous tokens', () =>
    withRegistry({ auth: { kind: 'token' } }, {}, async ({ repository, registry }) => {
      await repository.manifest('latest')
      expect(registry.requests.find(({ kind }) => kind === 'token')?.headers['authorization']).toBeUndefined()
    }))

  it('S1-10 answers a 401 to a blob with one login and one repeat', () =>
    withRegistry({ auth: { ...token, expireOnce: true } }, known, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(talk(registry).slice(2)).toEqual(['manifest 200', 'blob 401', 'token 200', 'blob 200'])
    }))

  it('S1-10 never goes in a circle', () =>
    withRegistry({ auth: token }, known, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      const challenge = {
        'www-authenticate': `Bearer realm="${registry.url}/token",service="windlass-registry"`,
      }
      registry.addFault(faults.status(401, { times: Infinity }, challenge))
      await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'UNAUTHORIZED', exitCode: 3 })
      expect(talk(registry).slice(3)).toEqual(['blob 401', 'token 200', 'blob 401'])
    }))

  it('logs in once for many requests at the same time, and again once when the token dies', () =>
    withRegistry({ auth: { ...token, expireOnce: true } }, known, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      const bodies = await Promise.all(Array.from({ length: 6 }, () => repository.blob(blob)))
      for (const bytes of await Promise.all(bodies.map(bytesOf))) expect(bytes.equals(content)).toBe(true)
      expect(registry.requests.filter(({ kind }) => kind === 'token')).toHaveLength(2)
    }))

  it('does not end a login that others wait for', () =>
    withRegistry({ auth: token, latency: 50 }, known, async ({ repository, registry }) => {
      const controller = new AbortController()
      registry.hook(({ kind }) => {
        if (kind === 'token') setTimeout(() => controller.abort(), 10)
        return undefined
      })
      const left = repository.manifest('latest', { signal: controller.signal })
      const stayed = repository.manifest('latest')
      await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
      expect((await stayed).bytes).toEqual(manifest)
    }))

  it('renews a token before it expires', () =>
    withRegistry({ auth: { ...token, expiresIn: 100 } }, known, async ({ repository, registry }) => {
      await repository.manifest('latest')
      const now = performance.now.bind(performance)
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 100_000)
      await repository.manifest('latest').finally(() => clock.mockRestore())
      expect(talk(registry).slice(2)).toEqual(['manifest 200', 'token 200', 'manifest 200'])
    }))

  it('S0-82 S0-83 builds the scope and leaves out the service where the challenge has none, and takes any case', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const hooked: string[] = []
      registry.hook(({ kind, url, headers }) => {
        if (kind === 'token') {
          hooked.push(url)
          return { status: 200, headers: {}, body: Buffer.from('{"access_token":"it"}') }
        }
        return headers['authorization'] === 'Bearer it'
          ? undefined
          : problem(401, 'UNAUTHORIZED', 'who?', {
              'www-authenticate': `Basic realm="x, y", BEARER Realm="${registry.url}/token?a=b"`,
            })
      })
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
      expect(hooked).toEqual(['/token?a=b&scope=repository%3Ateam%2Fapp%3Apull'])
    }))

  it('S3-11 looks for the challenge at the root where the manifest has none', () =>
    withRegistry({ auth: token }, known, async ({ repository, registry }) => {
      registry.addFault(faults.status(401, { kind: 'manifest' }))
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
    }))

  it('posts an identity token, and never as Basic', () =>
    withRegistry(
      { auth: { kind: 'token' } },
      ({ host }) => ({ credentials: onlyFor(host, Credential.identity('refresh-me')) }),
      async ({ repository, registry }) => {
        registry.hook(({ kind, method }) =>
          kind === 'token'
            ? { status: method === 'POST' ? 403 : 500, headers: {}, body: Buffer.alloc(0) }
            : undefined,
        )
        await expect(repository.manifest('latest')).rejects.toMatchObject({ code: 'DENIED' })
        const asked = registry.requests.find(({ kind }) => kind === 'token')
        expect(asked).toMatchObject({ method: 'POST', url: '/token' })
        expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded')
        expect(asked?.headers['authorization']).toBeUndefined()
      },
    ))

  it('S0-82 says what is wrong: no credentials, wrong ones, no realm, no scope, an unknown kind', async () => {
    const wrong = ({ host }: { host: string }) => ({
      credentials: onlyFor(host, Credential.password('user', 'no')),
    })
    for (const auth of [basic, token]) {
      await withRegistry({ auth }, {}, async ({ repository }) => {
        const error = { code: 'UNAUTHORIZED', hint: expect.stringContaining('give') }
        await expect(repository.manifest('latest')).rejects.toMatchObject(error)
      })
      await withRegistry({ auth }, wrong, async ({ repository }) => {
        const error = { code: 'UNAUTHORIZED', hint: expect.stringContaining('check them') }
        await expect(repository.manifest('latest')).rejects.toMatchObject(error)
      })
    }
    await withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.status(401, { kind: 'manifest' }, { 'www-authenticate': 'Negotiate' }))
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: 'CHALLENGE_INVALID',
        message: expect.stringContaining('negotiate'),
      })
      registry.addFault(
        faults.status(401, { kind: 'manifest' }, { 'www-authenticate': 'Bearer service="x"' }),
      )
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: 'CHALLENGE_INVALID',
        message: expect.stringContaining('names no realm'),
      })
    })
  })

  it('S3-12 takes insufficient_scope for access denied', () =>
    withRegistry({ auth: token }, known, async ({ repository, registry }) => {
      const challenge = `Bearer realm="${registry.url}/token",service="windlass-registry",error="insufficient_scope"`
      registry.addFault(faults.status(401, { kind: 'manifest', times: 2 }, { 'www-authenticate': challenge }))
      await expect(repository.manifest('latest')).rejects.toMatchObject({ code: 'DENIED', exitCode: 3 })
    }))

  it('refuses a registry that changes its token server on the way', () =>
    withRegistry({ auth: token }, known, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      const challenge = { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/token"' }
      registry.addFault(faults.status(401, {}, challenge))
      await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'CHALLENGE_INVALID' })
    }))

  it('tells sources apart by host and by whose credentials', () =>
    withRegistry({}, known, async ({ registries, repository, registry }) => {
      const other = registries.repository({ registry: registry.host, repository: 'other' })
      expect(other.identity).toBe(repository.identity)
      expect(registries.repository({ registry: 'other.example', repository: 'a' }).identity).not.toBe(
        repository.identity,
      )
      expect(repository.identity).not.toContain('sesame')
    }))
})
