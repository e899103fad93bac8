import { describe, expect, it, vi } from 'vitest'
import {
  Credential,
  byRegistry,
  onlyFor,
  type CredentialParts,
  type RepositoryName,
} from '../../lib/registry/index.js'
import { faults, problem, type TestRegistry } from '../../lib/testing/registry/index.js'
import { bytesOf, content, manifest, manifestType, talk, withRegistry } from '../support/with-registry.js'

const known = (registry: { host: string }) => ({
  credentials: onlyFor(registry.host, Credential.password('user', 'sesame')),
})
const basic = { kind: 'basic', username: 'user', password: 'sesame' } as const
const token = { kind: 'token', username: 'user', password: 'sesame' } as const

const challenged = (registry: TestRegistry) =>
  problem(401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': `Bearer realm="${registry.url}/token"` })

describe('authentication', () => {
  it('sends Basic credentials with the first request (S0-15)', () =>
    withRegistry({ auth: basic }, known, async ({ repository, registry, blob }) => {
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(talk(registry)).toEqual(['manifest 200', 'blob 200'])
    }))

  it('gets one token for a manifest and its blobs (S0-15, S0-27)', () =>
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

  it('answers a 401 to a blob with one login and one repeat (S1-10)', () =>
    withRegistry({ auth: { ...token, expireOnce: true } }, known, async ({ repository, registry, blob }) => {
      await repository.manifest('latest')
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      expect(talk(registry).slice(2)).toEqual(['manifest 200', 'blob 401', 'token 200', 'blob 200'])
    }))

  it('never goes in a circle (S1-10)', () =>
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

  it('builds the scope and leaves out the service where the challenge has none, and takes any case (S0-82, S0-83)', () =>
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

  it('looks for the challenge at the root where the manifest has none (S3-11)', () =>
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

  it('says what is wrong: no credentials, wrong ones, no realm, no scope, an unknown kind (S0-82)', async () => {
    const wrong = ({ host }: { host: string }) => ({
      credentials: onlyFor(host, Credential.password('user', 'no')),
    })
    for (const auth of [basic, token]) {
      await withRegistry({ auth }, {}, async ({ repository }) => {
        const error = { code: 'UNAUTHORIZED', hint: expect.stringContaining('log in: --username NAME') }
        await expect(repository.manifest('latest')).rejects.toMatchObject(error)
      })
      await withRegistry({ auth }, wrong, async ({ repository }) => {
        const error = {
          code: 'UNAUTHORIZED',
          hint: expect.stringContaining('Check the user name and password'),
        }
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
        message: expect.stringContaining('requires a token but names no token server'),
      })
    })
  })

  it('says why there are no credentials, also where the token server is the one who refuses', async () => {
    const why = () => Promise.resolve('because they are elsewhere')
    const credentials = { for: () => Promise.resolve(undefined), why }
    for (const auth of [basic, token])
      await withRegistry({ auth }, { credentials }, async ({ repository }) => {
        await expect(repository.manifest('latest')).rejects.toMatchObject({
          ...{ code: 'UNAUTHORIZED', hint: 'because they are elsewhere' },
        })
      })
  })

  it('takes insufficient_scope for access denied (S3-12)', () =>
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
      const identityOf = (host: string, name: string) =>
        registries.repository({ registry: host, repository: name }).identity()
      const identity = await repository.identity()
      expect(await identityOf(registry.host, 'other')).toBe(identity)
      expect(await identityOf('other.example', 'a')).not.toBe(identity)
      expect(identity).not.toContain('sesame')
    }))

  it('sends to each repository the credential of the longest key that covers it, and to others none', async () => {
    const keys = ({ host }: { host: string }) => ({
      credentials: byRegistry([
        [`${host}/team`, Credential.password('team', 'sesame-team')],
        [`${host}/team/app`, Credential.password('app', 'sesame-app')],
      ]),
    })
    await withRegistry({}, keys, async ({ registries, registry }) => {
      const sent = async (repository: string) => {
        registry.putManifest(repository, 'latest', manifest, manifestType)
        await registries.repository({ registry: registry.host, repository }).manifest('latest')
        const { authorization = '' } = registry.requests.at(-1)?.headers ?? {}
        return Buffer.from(authorization.slice('Basic '.length), 'base64').toString()
      }
      expect(await sent('team/app')).toBe('app:sesame-app')
      expect(await sent('team/tool')).toBe('team:sesame-team')
      expect(await sent('other/app')).toBe('')
      expect(await sent('team')).toBe('team:sesame-team')
      expect(await sent('teams/app')).toBe('')
      expect(await sent('team/app')).toBe('app:sesame-app')
    })
  })

  it('gets a token of its own for each credential, for the same repository too', async () => {
    const users = ['one', 'other']
    const inTurn = ({ host }: { host: string }) => {
      const given = users.map((user) => onlyFor(host, Credential.password(user, `sesame-${user}`)))
      return { credentials: { for: (asked: RepositoryName) => given.shift()!.for(asked) } }
    }
    await withRegistry({}, inTurn, async ({ registries, registry, repository }) => {
      registry.hook(({ kind, headers: { authorization = '' } }) => {
        if (kind === 'token') {
          const user = Buffer.from(authorization.slice(6), 'base64').toString().split(':')[0] ?? ''
          return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ token: `of-${user}` })) }
        }
        return authorization.startsWith('Bearer ') ? undefined : challenged(registry)
      })
      const second = registries.repository({ registry: registry.host, repository: 'team/app' })
      for (const each of [repository, second, repository, second]) await each.manifest('latest')
      const bearers = registry.requests
        .filter(({ kind, status }) => kind === 'manifest' && status === 200)
        .map(({ headers }) => headers['authorization'])
      expect(bearers).toEqual(['Bearer of-one', 'Bearer of-other', 'Bearer of-one', 'Bearer of-other'])
      expect(registry.requests.filter(({ kind }) => kind === 'token')).toHaveLength(2)
    })
  })

  describe('with a registry token', () => {
    const given = (parts: CredentialParts) => (registry: { host: string }) => ({
      credentials: onlyFor(registry.host, Credential.of({ registryToken: 'bearer', ...parts })),
    })

    it('sends it with the first request and asks no token server', () =>
      withRegistry({}, given({}), async ({ repository, registry }) => {
        registry.hook(({ headers }) =>
          headers['authorization'] === 'Bearer bearer' ? undefined : challenged(registry),
        )
        expect((await repository.manifest('latest')).bytes).toEqual(manifest)
        expect(talk(registry)).toEqual(['manifest 200'])
      }))

    it('says so where it is refused', () =>
      withRegistry({ auth: token }, given({}), async ({ repository, registry }) => {
        await expect(repository.manifest('latest')).rejects.toMatchObject({
          ...{ code: 'UNAUTHORIZED', hint: expect.stringContaining('Check the user name and password') },
        })
        expect(talk(registry)).toEqual(['manifest 401'])
      }))

    it('logs in with the password beside it where it is refused', () =>
      withRegistry(
        { auth: token },
        given({ username: 'user', password: 'sesame' }),
        async ({ repository, registry, blob }) => {
          await repository.manifest('latest')
          await bytesOf(await repository.blob(blob))
          expect(talk(registry)).toEqual(['manifest 401', 'token 200', 'manifest 200', 'blob 200'])
        },
      ))
  })

  describe('with an identity token', () => {
    const given = (password: string) => (registry: { host: string }) => ({
      credentials: onlyFor(
        registry.host,
        Credential.of({ username: 'user', password, identityToken: 'refresh-me' }),
      ),
    })
    /** A token server that answers every POST with `status`, and GET as ever. */
    const noPost = (registry: TestRegistry, status: number) =>
      registry.hook(({ kind, method }) =>
        kind === 'token' && method === 'POST' ? { status, headers: {}, body: Buffer.alloc(0) } : undefined,
      )

    it.each([400, 401, 404, 405, 501])(
      'asks by GET with the password where the token server answers %i to POST',
      (status) =>
        withRegistry({ auth: token }, given('sesame'), async ({ repository, registry }) => {
          noPost(registry, status)
          expect((await repository.manifest('latest')).bytes).toEqual(manifest)
          const logins = registry.requests.filter(({ kind }) => kind === 'token')
          expect(logins.map(({ method }) => method)).toEqual(['POST', 'GET'])
          expect(logins[0]?.headers['authorization']).toBeUndefined()
          expect(talk(registry)[0]).toBe('manifest 401')
        }),
    )

    it.each([403, 429, 500])('does not try the password where it answers %i', (status) =>
      withRegistry({ auth: token }, given('sesame'), async ({ repository, registry }) => {
        noPost(registry, status)
        await expect(repository.manifest('latest')).rejects.toMatchObject({ subject: { status } })
        expect(registry.requests.filter(({ kind }) => kind === 'token')).toHaveLength(1)
      }),
    )

    it.each([404, 405, 501])(
      'names the token server where it answers %i and there is no password',
      (status) =>
        withRegistry({ auth: token }, given(''), async ({ repository, registry }) => {
          noPost(registry, status)
          await expect(repository.manifest('latest')).rejects.toMatchObject({
            code: 'REGISTRY_RESPONSE',
            message: expect.stringContaining(
              `its token server ${registry.host} accepts no identity tokens (HTTP `,
            ),
            hint: expect.stringContaining('Log in again with a user name and a password'),
            subject: { status },
          })
        }),
    )

    it('uses the password for Basic, only once that is asked for', () =>
      withRegistry({ auth: basic }, given('sesame'), async ({ repository, registry }) => {
        await repository.manifest('latest')
        await repository.manifest('latest')
        expect(talk(registry)).toEqual(['manifest 401', 'manifest 200', 'manifest 200'])
        expect(registry.requests.find(({ kind }) => kind === 'manifest')?.headers).not.toHaveProperty(
          'authorization',
        )
      }))
  })

  it('names the token server where that answers 404, and says nothing of the registry protocol', () =>
    withRegistry({ auth: token }, known, async ({ repository, registry }) => {
      registry.hook(({ kind }) =>
        kind === 'token' ? { status: 404, headers: {}, body: Buffer.alloc(0) } : undefined,
      )
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        hint: `${registry.host} names ${registry.url}/token as its token server. Is that right?`,
      })
    }))

  it('leaves out a service that is empty, and asks for each of several scopes', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind, headers }) => {
        if (kind === 'token') return { status: 201, headers: {}, body: Buffer.from('{"token":"it"}') }
        const challenge = `Bearer realm=${registry.url}/token service="",scope=" repository:a:pull  aws "`
        return headers['authorization'] === 'Bearer it'
          ? undefined
          : problem(401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': challenge })
      })
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
      const asked = registry.requests.filter(({ kind }) => kind === 'token').map(({ url }) => url)
      expect(asked).toEqual(['/token?scope=repository%3Aa%3Apull&scope=aws'])
    }))
})
