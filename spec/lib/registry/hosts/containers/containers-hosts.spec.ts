import { describe, expect, it } from 'vitest'
import { containersHosts, entryFor } from '../../../../../lib/registry/hosts/containers/containers-hosts.js'
import { parseRegistriesConf } from '../../../../../lib/registry/hosts/containers/registries-conf.js'

const configuredBy = '/etc/registries.conf'

function hostsIn(text: string, registry: string, repository: string) {
  const { registries } = parseRegistriesConf(text, configuredBy)
  const entry = entryFor(registries, registry, repository)
  return entry && containersHosts(entry, { registry, repository }, registries)
}

const tls = { skipVerify: true, allowsPlainHttp: true }

describe('the hosts in a registries.conf', () => {
  const conf = `[[registry]]
prefix = "example.com/foo"
location = "internal.net/bar"
[[registry.mirror]]
location = "mirror-0.local/mirror-for-foo"
[[registry.mirror]]
location = "mirror-1.local:5000"
insecure = true
pull-from-mirror = "digest-only"
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.gcr.io"
[[registry.mirror]]
location = "blocked.lan/hub"
[[registry]]
prefix = "*.corp.lan"
insecure = true
[[registry]]
prefix = "hub.lan"
location = "docker.io"
[[registry]]
prefix = "cache.lan"
location = "cache:8080/all"
[[registry]]
location = "blocked.lan"
blocked = true
[[registry]]
prefix = "indirect.lan"
location = "blocked.lan/x"
`
  it('are the mirrors and the location of the longest prefix', () => {
    expect(hostsIn(conf, 'example.com', 'foo/image')).toEqual({
      configuredBy,
      mirrors: [
        { host: 'mirror-0.local', repository: 'mirror-for-foo/image' },
        { host: 'mirror-1.local:5000', repository: 'image', manifests: 'digests', tls },
      ],
      registry: { host: 'internal.net', repository: 'bar/image' },
    })
    expect(hostsIn(conf, 'example.com', 'foot/image')).toBeUndefined()
    expect(hostsIn(conf, 'cache.lan', 'a')?.registry).toEqual({ host: 'cache:8080', repository: 'all/a' })
  })

  it('of Docker Hub have its full names and its host', () => {
    expect(hostsIn(conf, 'index.docker.io', 'library/alpine')).toEqual({
      configuredBy,
      mirrors: [{ host: 'mirror.gcr.io', repository: 'library/alpine' }],
    })
    expect(hostsIn(conf, 'hub.lan', 'alpine')?.registry).toEqual({
      ...{ host: 'registry-1.docker.io', repository: 'library/alpine' },
    })
  })

  it('of subdomains keep their names', () => {
    expect(hostsIn(conf, 'a.b.corp.lan:5000', 'x/y')).toEqual({
      ...{ configuredBy, mirrors: [] },
      registry: { host: 'a.b.corp.lan:5000', repository: 'x/y', tls },
    })
  })

  it('are none if the repository or its location is blocked', () => {
    const blocked = { mirrors: [], blockedBy: configuredBy, configuredBy }
    expect(hostsIn(conf, 'blocked.lan', 'a')).toEqual(blocked)
    expect(hostsIn(conf, 'indirect.lan', 'a')).toEqual(blocked)
  })

  it.each([
    ['prefix = "*.a.lan"\nlocation = "mirror.lan/x"', 'b.a.lan:5000'],
    ['prefix = "b.a.lan"\nlocation = "bad host"', 'b.a.lan'],
    ['prefix = "b.a.lan/team/app"\nlocation = "c.lan"', 'b.a.lan'],
  ])('are an error if a location does not make a name: %j', (table, registry) => {
    expect(() => hostsIn(`\n[[registry]]\n${table}`, registry, 'team/app')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining('line 2 of "/etc/registries.conf": the location ') as string,
      }),
    )
  })
})
