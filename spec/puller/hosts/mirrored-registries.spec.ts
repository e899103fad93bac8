/** Which places the repositories of a configuration have, and with which settings and credentials they are asked. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import {
  Credential,
  type HostConfiguration,
  Registries,
  type RegistriesOptions,
  type RepositoryHosts,
  onlyFor,
} from '../../../lib/registry/index.js'
import { PlaceHealth } from '../../../lib/sources/index.js'
import { type RegistryOptions, startRegistry, testCertificate } from '../../../lib/testing/registry/index.js'
import { MirroredRegistries } from '../../../puller/hosts/mirrored-registries.js'
import { failure } from '../../support/failure.js'
import { manifest, manifestType } from '../../support/with-registry.js'
import { blobOf } from '../../support/with-target.js'

const repository = 'team/app'
const tls = testCertificate()
const auth = { kind: 'basic', username: 'u', password: 'sesame' } as const
const login = Credential.password('u', 'sesame')

/** A registry with `manifest`. */
async function serving(options: RegistryOptions = {}) {
  const registry = await startRegistry(options)
  onTestFinished(() => registry.close())
  registry.putManifest(repository, 'latest', manifest, manifestType)
  return registry
}

interface Configured extends Partial<RepositoryHosts> {
  /** Host whose certificate is trusted. */
  readonly tlsFor?: string
  readonly options?: RegistriesOptions
  readonly health?: PlaceHealth
}

function configured({ tlsFor, options = {}, health, ...hosts }: Configured): MirroredRegistries {
  const configuration: HostConfiguration = {
    hostsOf: () => Promise.resolve({ mirrors: [], ...hosts }),
    tlsOf: (host) => Promise.resolve(host === tlsFor ? { ca: tls.cert } : undefined),
  }
  const registries = new Registries(options)
  onTestFinished(() => registries.close())
  return new MirroredRegistries({ registries, hosts: configuration, ...(health && { health }) })
}

const originsOf = async (registries: MirroredRegistries) => {
  const source = registries.repository({ registry: 'registry.example', repository })
  return (await source.blobOrigins!()).map(({ host, isMirror }) => [host, isMirror])
}

describe('registries with mirrors', () => {
  const [a, b] = [
    { host: 'a.example', repository },
    { host: 'b.example', repository },
  ]

  it('have the mirrors and then the registry, which may be elsewhere', async () => {
    expect(await originsOf(configured({ mirrors: [a, b] }))).toEqual([
      ['a.example', true],
      ['b.example', true],
      ['registry.example', false],
    ])
    expect(await originsOf(configured({ mirrors: [a], registry: b }))).toEqual([
      ['a.example', true],
      ['b.example', false],
    ])
  })

  it('have the last mirror in place of the registry if only mirrors may be asked', async () => {
    const registries = configured({
      mirrors: [a, b],
      usesMirrorsOnly: true,
      registry: { ...a, host: 'c.example' },
    })
    expect(await originsOf(registries)).toEqual([
      ['a.example', true],
      ['b.example', false],
    ])
  })

  it('have no place if only mirrors may be asked and there are none, which every request says', async () => {
    const registries = configured({ mirrors: [], usesMirrorsOnly: true, configuredBy: '/etc/x/hosts.toml' })
    const source = registries.repository({ registry: 'registry.example', repository })
    const blob = blobOf(Buffer.from('x'))
    const requests = [
      ...[source.manifest('1'), source.blob(blob), source.blobSize(blob.digest)],
      source.tags()[Symbol.asyncIterator]().next(),
    ]
    for (const request of requests)
      expect(await failure(request)).toMatchObject({
        code: 'USAGE',
        message: '"/etc/x/hosts.toml" names no host that registry.example/team/app may be pulled from',
      })
  })

  it('report an invalid name before they look anything up', () => {
    expect(() => configured({}).repository({ registry: 'a b', repository })).toThrow(/a b/)
    expect(() => configured({}).repository({ registry: 'a', repository: 'B' })).toThrow(/"B"/)
  })

  it('deny what the configuration blocks, as source and as target', async () => {
    const registry = await serving()
    const registries = configured({ mirrors: [], blockedBy: '/etc/x.conf' })
    const name = { registry: registry.host, repository }
    const blob = blobOf(Buffer.from('x'))
    for (const use of [registries.repository(name).manifest('latest'), registries.target(name).hasBlob(blob)])
      expect(await failure(use)).toMatchObject({ code: 'DENIED', subject: { path: '/etc/x.conf' } })
    expect(registry.requests).toEqual([])
  })

  it('use the certificates of a host for sources, targets and logins', async () => {
    const registry = await serving({ tls, push: true, auth })
    const name = { registry: registry.host, repository }
    const options = { credentials: onlyFor(registry.host, login) }
    const registries = configured({ tlsFor: registry.host, options })
    expect((await registries.repository(name).manifest('latest')).bytes).toEqual(manifest)
    expect(await registries.target(name).hasBlob(blobOf(Buffer.from('x')))).toBe(false)
    await registries.checkLogin(registry.host, login)
    expect(await failure(configured({ options }).checkLogin(registry.host, login))).toMatchObject({
      code: 'TLS',
    })
  })

  it('push to the registry that is configured, never to a mirror', async () => {
    const [mirror, registry] = [await serving({ push: true }), await serving({ push: true })]
    const registries = configured({
      mirrors: [{ host: mirror.host, repository }],
      registry: { host: registry.host, repository: 'moved/app' },
    })
    const target = registries.target({ registry: 'registry.example', repository })
    expect(target).toMatchObject({ host: 'registry.example', repository })
    await target.hasBlob(blobOf(Buffer.from('x')))
    expect(mirror.requests).toEqual([])
    expect(registry.requests.at(-1)!.url).toMatch(/^\/v2\/moved\/app\/blobs\//)
  })
})

describe('registries with the credentials of a user', () => {
  it('prefer these, and use those of the registries for other hosts', async () => {
    const [mirror, registry] = [await serving({ auth }), await serving({ auth })]
    const wrong = Credential.password('u', 'wrong')
    const options = { credentials: onlyFor(mirror.host, login) }
    const registries = configured({
      mirrors: [{ host: mirror.host, repository, manifests: 'digests' }],
      options,
    })
    const name = { registry: registry.host, repository }
    const user = registries.withCredentials(onlyFor(registry.host, login))
    expect((await user.repository(name).manifest('latest')).host).toBe(registry.host)
    const direct = configured({ options })
    const other = { registry: mirror.host, repository }
    const both = direct.withCredentials(onlyFor(registry.host, login))
    expect((await both.repository(other).manifest('latest')).bytes).toEqual(manifest)
    const denied = direct.withCredentials(onlyFor(mirror.host, wrong))
    expect(await failure(denied.repository(other).manifest('latest'))).toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('prefer these to credentials that were given before', async () => {
    const { host } = await serving({ auth })
    const registries = new Registries()
    onTestFinished(() => registries.close())
    const hosts: HostConfiguration = {
      hostsOf: () => Promise.resolve({ mirrors: [] }),
      tlsOf: () => Promise.resolve(undefined),
    }
    const wrong = onlyFor(host, Credential.password('u', 'wrong'))
    const name = { registry: host, repository }
    const before = new MirroredRegistries({ registries, hosts, credentials: wrong })
    const preferred = before.withCredentials(onlyFor(host, login)).repository(name)
    expect((await preferred.manifest('latest')).bytes).toEqual(manifest)
    const other = before.withCredentials(onlyFor('other.example', login)).repository(name)
    expect(await failure(other.manifest('latest'))).toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('know the mirrors that failed for others', async () => {
    const health = new PlaceHealth()
    const registries = configured({ mirrors: [{ host: 'a.example', repository }], health })
    health.recordFailure({ host: 'a.example' }, new WindlassError('NETWORK', 'no'))
    const user = registries.withCredentials(onlyFor('a.example', login))
    const source = user.repository({ registry: 'registry.example', repository })
    expect((await source.blobOrigins!()).map(({ host }) => host)).toEqual(['registry.example'])
    const own = configured({ mirrors: [{ host: 'a.example', repository }] })
    const first = await own.repository({ registry: 'registry.example', repository }).blobOrigins!()
    first[0]!.recordFailure(new WindlassError('NETWORK', 'no'))
    const shared = own.withCredentials(onlyFor('a.example', login))
    const after = await shared.repository({ registry: 'registry.example', repository }).blobOrigins!()
    expect(after.map(({ host }) => host)).toEqual(['registry.example'])
  })
})
