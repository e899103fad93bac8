import { describe, expect, it } from 'vitest'
import { type ParseSyncListOptions, parseSyncList } from '../../../lib/sync/index.js'

/** The example of skopeo-sync(1). */
const example = String.raw`
registry.example.com:
    images:
        busybox: []
        redis:
            - "1.0"
            - "2.0"
            - "sha256:0000000000000000000000000000000011111111111111111111111111111111"
    images-by-tag-regex:
        nginx: ^1\.13\.[12]-alpine-perl$
    images-by-semver:
        alpine: ">= 3.12.0"
    credentials:
        username: john
        password: this is a secret
    tls-verify: true
    cert-dir: /home/john/certs
quay.io:
    tls-verify: false
    images:
        coreos/etcd:
            - latest
`
const digest = `sha256:${'0'.repeat(32)}${'1'.repeat(32)}`
const parse = (text: string, options: ParseSyncListOptions = {}) =>
  parseSyncList(text, { destination: 'local.lan/repo/', path: 'sync.yml', ...options })
const common = { allPlatforms: false, referrers: false, fastCheck: false }

describe('a list of skopeo', () => {
  it('is read as skopeo-sync(1) describes it', () => {
    const { entries, hosts, warnings } = parse(example)
    const [source, target] = ['registry.example.com', 'local.lan/repo']
    const filter = { allow: [], deny: [], semverRange: [] }
    expect(entries).toEqual([
      {
        ...common,
        kind: 'repository',
        line: 4,
        source: `${source}/busybox`,
        target: `${target}/busybox`,
        filters: [],
      },
      {
        ...{ ...common, kind: 'images', line: 5 },
        images: [
          { from: `${source}/redis:1.0`, to: `${target}/redis:1.0` },
          { from: `${source}/redis:2.0`, to: `${target}/redis:2.0` },
          { from: `${source}/redis@${digest}`, to: `${target}/redis@${digest}` },
        ],
      },
      {
        ...{ ...common, kind: 'repository', line: 10, source: `${source}/nginx`, target: `${target}/nginx` },
        filters: [{ ...filter, allow: [String.raw`^1\.13\.[12]-alpine-perl$`] }],
      },
      {
        ...{
          ...common,
          kind: 'repository',
          line: 12,
          source: `${source}/alpine`,
          target: `${target}/alpine`,
        },
        filters: [{ ...filter, semverRange: ['>= 3.12.0'] }],
      },
      {
        ...{ ...common, kind: 'images', line: 21 },
        images: [{ from: 'quay.io/coreos/etcd:latest', to: `${target}/etcd:latest` }],
      },
    ])
    expect(hosts).toEqual([
      {
        ...{ registry: source, tls: 'verified', certDir: '/home/john/certs' },
        credentials: { username: 'john', password: 'this is a secret' },
      },
      { registry: 'quay.io', tls: 'any' },
    ])
    expect(warnings).toEqual([])
  })

  it('keeps the registry and the path below the destination with the option scoped', () => {
    expect(parse('docker.io: { images: { alpine: ["3"] } }', { scoped: true }).entries).toMatchObject([
      { images: [{ to: 'local.lan/repo/docker.io/library/alpine:3' }] },
    ])
  })

  it('cannot keep a port below the destination, and says in which line', () => {
    expect(() => parse('"r.example:5000": { images: { app: ["1"] } }', { scoped: true })).toThrow(
      /line 1: .*local\.lan\/repo\/r\.example:5000\/app/,
    )
  })

  it('names the images of a layout by repository and tag', () => {
    const { entries } = parse('quay.io: { images: { org/app: ["1"], org/lib: } }', { destination: 'oci:out' })
    expect(entries).toMatchObject([{ images: [{ to: 'oci:out:app:1' }] }, { target: 'oci:out:lib' }])
  })

  it('takes tags that look like numbers as they are written', () => {
    expect(parse('quay.io: { images: { app: [1.10, 2, 0x10, true, 2024-01-01] } }').entries).toMatchObject([
      {
        images: [1.1, 2, '0x10', true, '2024-01-01'].map((tag) => ({
          from: `quay.io/app:${tag === 1.1 ? '1.10' : tag}`,
        })),
      },
    ])
  })

  it('has the platforms and referrers that the command line asks for', () => {
    const options = { allPlatforms: true, referrers: true }
    expect(parse('quay.io: { images: { app: } }', options).entries).toMatchObject([options])
    expect(parse('quay.io: { images: { app: } }', { platform: 'linux/arm64' }).entries).toMatchObject([
      { platform: 'linux/arm64', allPlatforms: false },
    ])
  })

  it.each([
    ['quay.io: { image: { app: [] } }', 'quay.io'.length, '"quay.io".image: there is no such key'],
    ['quay.io: { images: { App: [] } }', 1, 'must be lowercase'],
    ['quay.io: { images: { "app:1": [] } }', 1, 'is one image, not a repository'],
    ['quay.io: { images: { app: [":x"] } }', 1, '.app[0]: it is neither a tag nor a digest'],
    ['quay.io: { images: { app: x } }', 1, 'it must be a list of texts, not "x"'],
    ['quay.io: { images: [app] }', 1, 'it must be a mapping, not a list'],
    ['quay.io: { images-by-tag-regex: { app: "(" } }', 1, 'it is not a regular expression'],
    ['quay.io: { images-by-semver: { app: "1.x.y z" } }', 1, 'it is not a range of versions'],
    ['quay.io: { tls-verify: maybe }', 1, 'it must be true or false, not "maybe"'],
    ['quay.io: { credentials: { identitytoken: x } }', 1, 'Windlass does not support this key'],
    ['quay.io: { credentials: { password: x } }', 1, 'it must state a username and a password'],
    ['quay.io: { credentials: { username: [x] } }', 1, 'it must state a username and a password'],
    ['quay.io: { credentials: { username: x, password: [y] } }', 1, 'it must state a username and a pass'],
    ['quay.io: { cert-dir: [x] }', 1, 'it must be a text'],
    ['quay.io: { images-by-semver: { app: [x] } }', 1, 'it must be a text'],
    ['quay.io: x', 1, 'it must be a mapping, not a text'],
  ])('rejects %j', (text, _line, problem) => {
    expect(() => parse(text)).toThrow(problem)
  })

  it('has a host for a registry with settings, and none for one without', () => {
    const { hosts } = parse(
      'a.io: { images: { b: } }\nc.io: { cert-dir: /c }\nd.io: { credentials: { username: e } }',
    )
    expect(hosts).toStrictEqual([
      { registry: 'c.io', certDir: '/c' },
      { registry: 'd.io', credentials: { username: 'e', password: '' } },
    ])
  })

  it('has each tag of a repository once, and the digest of cosign tags as they are', () => {
    expect(parse('quay.io: { images: { app: ["1", "2", "1"] } }').entries).toMatchObject([
      { images: ['1', '2'].map((tag) => ({ from: `quay.io/app:${tag}`, to: `local.lan/repo/app:${tag}` })) },
    ])
  })

  it('does not show the login in an error', () => {
    expect(() => parse('quay.io: { credentials: { username: [secret], password: hidden } }')).toThrow(
      /^(?!.*(secret|hidden))/,
    )
  })
})
