/** Repositories, targets and logins at one host of a registry. */
import { describe, expect, it } from 'vitest'
import type { RegistryHost } from '../../../lib/registry/hosts/registry-hosts.js'
import { Credential, type RegistriesOptions, onlyFor } from '../../../lib/registry/index.js'
import { type RegistryOptions, type TestRegistry, problem } from '../../../lib/testing/registry/index.js'
import { failure } from '../../support/failure.js'
import { type Setting, bytesOf, manifest, manifestType, withRegistry } from '../../support/with-registry.js'
import { blobOf, opening } from '../../support/with-target.js'

const repository = 'team/app'
const auth = { kind: 'basic', username: 'u', password: 'sesame' } as const
const login = Credential.password('u', 'sesame')

/** Runs `body` with a registry, and a host that is this registry. */
const withHost = (
  more: Partial<RegistryHost>,
  body: (setting: Setting & { readonly host: RegistryHost }) => Promise<void>,
  options: RegistryOptions = {},
  client: (registry: TestRegistry) => RegistriesOptions = () => ({}),
): Promise<void> =>
  withRegistry(options, client, (setting) =>
    body({ ...setting, host: { host: setting.registry.host, repository, ...more } }),
  )

const urlsOf = ({ requests }: TestRegistry): string[] =>
  requests.filter(({ kind }) => kind !== 'ping').map(({ url }) => url)

describe('a repository at a host', () => {
  it('is requested with the namespace and the headers of the host, and others are not', () =>
    withHost(
      { namespace: 'docker.io', headers: { 'x-team': 'a' } },
      async ({ registries, registry, host, blob }) => {
        const source = registries.repositoryAt(host)
        expect((await source.manifest('latest')).bytes).toEqual(manifest)
        ;(await source.blob(blob)).stream.destroy()
        expect(urlsOf(registry)).toHaveLength(2)
        expect(urlsOf(registry).every((url) => url.endsWith('?ns=docker.io'))).toBe(true)
        expect(registry.requests.every(({ headers }) => headers['x-team'] === 'a')).toBe(true)
        await registries.repository({ registry: host.host, repository }).manifest('latest')
        expect(urlsOf(registry).at(-1)).toBe(`/v2/${repository}/manifests/latest`)
        expect(registry.requests.at(-1)!.headers).not.toHaveProperty('x-team')
      },
    ))

  it('has its API at the path of the host', () =>
    withHost({ apiPath: '/v2/proxy/', scheme: 'http' }, async ({ registries, registry, host }) => {
      registry.putManifest(`proxy/${repository}`, 'latest', manifest, manifestType)
      await registries.repositoryAt(host).manifest('latest')
      expect(urlsOf(registry)).toEqual([`/v2/proxy/${repository}/manifests/latest`])
      expect(() => registries.repositoryAt({ ...host, apiPath: 'v2' })).toThrow(/is not valid/)
    }))

  it('has no secret of the headers in its errors', () => {
    const secrets = { authorization: 'Basic c2VjcmV0', 'x-api-key': 'key-of-the-team' }
    return withHost({ headers: { ...secrets, 'x-team': 'blue' } }, async ({ registries, registry, host }) => {
      registry.hook(({ headers }) =>
        problem(
          403,
          'DENIED',
          `You sent ${String(headers['x-api-key'])}, c2VjcmV0 and ${String(headers['x-team'])}`,
        ),
      )
      const error = await failure(registries.repositoryAt({ ...host, scheme: 'http' }).manifest('latest'))
      expect(error.message).toContain('You sent ***, *** and blue')
      expect(JSON.stringify(error)).not.toMatch(/c2VjcmV0|key-of-the-team/)
    })
  })

  it('is opened with the given credentials, else with those of the registries', () =>
    withHost(
      {},
      async ({ registries, host }) => {
        const others = onlyFor('registry.example', Credential.password('x', 'y'))
        const wrong = onlyFor(host.host, Credential.password('u', 'wrong'))
        const open = (credentials = others) =>
          registries.repositoryAt(host, { credentials }).manifest('latest')
        expect((await open()).bytes).toEqual(manifest)
        expect((await registries.repositoryAt(host).manifest('latest')).bytes).toEqual(manifest)
        expect(await failure(open(wrong))).toMatchObject({ code: 'UNAUTHORIZED' })
      },
      { auth },
      ({ host }) => ({ credentials: onlyFor(host, login) }),
    ))
})

describe('a target at a host', () => {
  it('has its API at the path of the host', () =>
    withHost(
      { apiPath: '/v2/proxy/', scheme: 'http', headers: { 'x-team': 'a' } },
      async ({ registries, registry, host }) => {
        const bytes = Buffer.from('content of a blob')
        await registries.targetAt(host).putBlob(blobOf(bytes), opening(bytes))
        expect(registry.blob(blobOf(bytes).digest)).toEqual(bytes)
        expect(urlsOf(registry)[0]).toMatch(/^\/v2\/proxy\/team\/app\/blobs\//)
        expect(registry.requests.every(({ headers }) => headers['x-team'] === 'a')).toBe(true)
      },
      { push: true },
    ))
})

describe('the settings of a host', () => {
  const timeouts = { response: 60 }

  it('have credentials of their own for a target too', () =>
    withHost(
      {},
      async ({ registries, host }) => {
        const own = onlyFor(host.host, login)
        expect(await registries.targetAt(host, { credentials: own }).resolve('latest')).toBeDefined()
        expect(await registries.targetAt(host).resolve('latest')).toBeUndefined()
      },
      { auth },
    ))

  it('have timeouts of their own', () =>
    withHost({ scheme: 'http' }, async ({ registries, registry, host, blob }) => {
      registry.hook(() => new Promise(() => undefined))
      const stalled = { code: 'STALLED' }
      expect(await failure(registries.repositoryAt(host, { timeouts }).manifest('latest'))).toMatchObject(
        stalled,
      )
      expect(await failure(registries.targetAt(host, { timeouts }).hasBlob(blob))).toMatchObject(stalled)
    }))

  it.each<[string, Partial<RegistryHost>, string]>([
    ['headers', { headers: { 'x-team': 'b' } }, ''],
    ['the namespace', { namespace: 'docker.io' }, '?ns=docker.io'],
    ['the path of the API', { apiPath: '/v2/other/' }, 'other/'],
  ])('are not those of another use of the same host: %s', (_, more, part) =>
    withHost({ scheme: 'http' }, async ({ registries, registry, host }) => {
      for (const [settings, is] of [
        [{}, false],
        [more, true],
        [{}, false],
      ] as const) {
        await registries
          .repositoryAt({ ...host, ...settings })
          .manifest('latest')
          .catch(() => undefined)
        const { url, headers } = registry.requests.at(-1)!
        expect(part === '' ? 'x-team' in headers : url.includes(part)).toBe(is)
      }
    }),
  )

  it('are not those of another use of the same host: timeouts', () =>
    withHost({ scheme: 'http' }, async ({ registries, registry, host }) => {
      await registries.repositoryAt(host).manifest('latest')
      registry.hook(() => new Promise(() => undefined))
      const asked = failure(registries.repositoryAt(host, { timeouts }).manifest('latest'))
      expect(await asked).toMatchObject({ code: 'STALLED' })
    }))

  it('share the connections of all that have the same ones', () =>
    withHost({ scheme: 'http', tls: { skipVerify: true } }, async ({ registries, registry, host }) => {
      for (let time = 0; time < 3; time++) await registries.repositoryAt({ ...host }).manifest('latest')
      expect(registry.connections).toBe(1)
    }))
})

describe('a login at a host', () => {
  it('is checked with the headers of the host, below its path', () =>
    withHost(
      { headers: { 'x-team': 'a' } },
      async ({ registries, registry, host }) => {
        await registries.checkLogin(host.host, login, undefined, host)
        expect(registry.requests.every(({ headers }) => headers['x-team'] === 'a')).toBe(true)
        const wrong = Credential.password('u', 'wrong')
        expect(await failure(registries.checkLogin(host.host, wrong, undefined, host))).toMatchObject({
          code: 'UNAUTHORIZED',
        })
        const elsewhere = { ...host, apiPath: '/elsewhere/' }
        await failure(registries.checkLogin(host.host, login, undefined, elsewhere))
        expect(registry.requests.at(-1)!.url).toMatch(/^\/elsewhere\//)
      },
      { auth },
    ))
})

describe('registries', () => {
  it('count the bytes of blobs, also of foreign ones, and not those of documents', () =>
    withRegistry({}, {}, async ({ registries, registry, repository: source, blob }) => {
      await source.manifest('latest')
      expect(registries.received).toBe(0)
      await bytesOf(await source.blob(blob))
      await bytesOf(await source.foreignBlob(`${registry.url}/v2/team/app/blobs/${blob.digest}`, blob))
      expect(registries.received).toBe(2 * blob.size)
    }))
})
