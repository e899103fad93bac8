import { describe, expect, it } from 'vitest'
import { mergeRegistries } from '../../../../../lib/registry/hosts/containers/merge-registries.js'
import { parseRegistriesConf } from '../../../../../lib/registry/hosts/containers/registries-conf.js'
import { resolveShortName } from '../../../../../lib/registry/hosts/containers/short-name.js'

const digest = `sha256:${'a'.repeat(64)}`

// An excerpt of Debian's /etc/containers/registries.conf.d/shortnames.conf.
const debian = parseRegistriesConf(
  `[aliases]
  # almalinux
  "almalinux" = "docker.io/library/almalinux"
  # docker
  "alpine" = "docker.io/library/alpine"
  # openSUSE
  "opensuse/tumbleweed" = "registry.opensuse.org/opensuse/tumbleweed"
  # Red Hat Enterprise Linux
  "ubi8" = "registry.access.redhat.com/ubi8"
  "ubi8/ubi" = "registry.access.redhat.com/ubi8/ubi"
`,
  '/etc/shortnames.conf',
)
const search = parseRegistriesConf(
  'unqualified-search-registries = ["quay.io", "docker.io", "localhost:5000"]\nshort-name-mode = "enforcing"\n[aliases]\nubi8 = ""',
  '/etc/search.conf',
)

describe('a name without a registry', () => {
  const { shortNames } = mergeRegistries([debian, search])
  const resolve = (name: string) => resolveShortName(name, shortNames).map((each) => each.name)

  it('is that of its alias, with its tag and digest', () => {
    expect(resolveShortName('alpine', shortNames)).toEqual([
      { name: 'docker.io/library/alpine', origin: 'alias', path: '/etc/shortnames.conf' },
    ])
    expect(resolve('alpine:3.20')).toEqual(['docker.io/library/alpine:3.20'])
    expect(resolve(`opensuse/tumbleweed:1@${digest}`)).toEqual([
      `registry.opensuse.org/opensuse/tumbleweed:1@${digest}`,
    ])
    expect(resolve('ubi8/ubi')).toEqual(['registry.access.redhat.com/ubi8/ubi'])
  })

  it('without an alias is searched in all registries, in their order', () => {
    expect(resolveShortName('team/app:1', shortNames)).toEqual([
      { name: 'quay.io/team/app:1', origin: 'search', path: '/etc/search.conf' },
      { name: 'docker.io/team/app:1', origin: 'search', path: '/etc/search.conf' },
      { name: 'localhost:5000/team/app:1', origin: 'search', path: '/etc/search.conf' },
    ])
    expect(resolve('app')[1]).toBe('docker.io/library/app')
    expect(shortNames.mode).toBe('enforcing')
  })

  it('has no alias that a later file removed', () => {
    expect(resolve('ubi8')[0]).toBe('quay.io/ubi8')
  })

  it.each(['quay.io/team/app', 'localhost/app', 'localhost:5000/app', 'a.b/c:1'])(
    'is not %s, which has a registry',
    (name) => expect(resolve(name)).toEqual([]),
  )

  it('that no file mentions has no meaning', () => {
    expect(resolveShortName('team/app', mergeRegistries([debian]).shortNames)).toEqual([])
    expect(mergeRegistries([]).shortNames.mode).toBe('permissive')
  })

  it('must be a part of a reference', () => {
    expect(() => resolve('App')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })
})
