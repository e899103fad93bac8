import { describe, expect, it } from 'vitest'
import { type ParseSyncListOptions, parseSyncList } from '../../../lib/sync/index.js'

/** The example of the manual of regsync, without the keys that are refused. */
const example = String.raw`
x-sched-a: &sched-a "15 01 * * *"
version: 1
creds:
  - registry: localhost:5000
    tls: disabled
  - registry: docker.io
    user: "{{env \"HUB_USER\"}}"
    pass: "{{file \"/var/run/secrets/hub_token\"}}"
defaults:
  ratelimit:
    min: 100
    retry: 15m
  parallel: 2
sync:
  - source: busybox:latest
    target: localhost:5000/library/busybox:latest
    type: image
    interval: 60m
  - source: alpine
    target: localhost:5000/library/alpine
    type: repository
    tags:
      allow:
      - "latest"
      - "3.\\d+"
      deny:
      - "3.0"
    schedule: *sched-a
`
const templates = {
  env: (name: string) => (name === 'HUB_USER' ? 'jane' : undefined),
  file: (path: string) => (path.endsWith('hub_token') ? 'token\n' : undefined),
}
const parse = (text: string, options: ParseSyncListOptions = {}) =>
  parseSyncList(text, { path: 'regsync.yml', templates, ...options })
const entry = (more: string): string =>
  `sync:\n  - source: a\n    target: b\n    type: repository\n    ${more}\n`

describe('a list of regsync', () => {
  it('is read as its manual describes it', () => {
    const list = parse(example)
    const common = { allPlatforms: true, referrers: false, fastCheck: false }
    expect(list.entries).toEqual([
      {
        ...{ ...common, kind: 'images', line: 16 },
        images: [{ from: 'busybox:latest', to: 'localhost:5000/library/busybox:latest' }],
      },
      {
        ...{ ...common, kind: 'repository', line: 20 },
        ...{ source: 'docker.io/library/alpine', target: 'localhost:5000/library/alpine' },
        filters: [{ allow: ['^(?:latest)$', String.raw`^(?:3.\d+)$`], deny: ['^(?:3.0)$'], semverRange: [] }],
      },
    ])
    expect(list.hosts).toEqual([
      { registry: 'localhost:5000', tls: 'http' },
      { registry: 'docker.io', credentials: { username: 'jane', password: 'token' } },
    ])
    expect(list.parallel).toBe(2)
  })

  it('warns of keys without effect by name and line', () => {
    expect(parse(example).warnings).toEqual([
      expect.stringMatching(/^regsync\.yml, line 11: defaults\.ratelimit has no effect: /),
      expect.stringMatching(/^regsync\.yml, line 19: sync\[0\]\.interval has no effect: /),
      expect.stringMatching(/^regsync\.yml, line 29: sync\[1\]\.schedule has no effect: /),
    ])
  })

  it('takes what the defaults state, unless the entry states it', () => {
    const { entries } = parse(
      `defaults: { referrers: true }\n${entry('fastCheck: true')}  - { source: c, target: d, type: repository, referrers: false }`,
    )
    expect(entries).toMatchObject([
      { referrers: true, fastCheck: true },
      { referrers: false, fastCheck: false },
    ])
  })

  it('copies digest tags as referrers', () => {
    expect(parse(entry('digestTags: true')).entries).toMatchObject([{ referrers: true }])
  })

  it('copies the image for a platform if the entry or the options name one', () => {
    expect(parse(entry('platform: linux/arm64'), { platform: 'linux/amd64' }).entries).toMatchObject([
      { allPlatforms: false, platform: 'linux/arm64' },
    ])
    expect(parse(entry(''), { platform: 'linux/amd64' }).entries).toMatchObject([
      { allPlatforms: false, platform: 'linux/amd64' },
    ])
  })

  it('selects by ranges, by the newest versions, and by several sets of tags', () => {
    const { entries } = parse(
      entry('tags: { semverRange: ">=1", newest: 3 }\n    tagSets: [{ allow: [edge] }]'),
    )
    expect(entries).toMatchObject([
      {
        filters: [
          { allow: ['^(?:edge)$'], deny: [], semverRange: [] },
          { allow: [], deny: [], semverRange: ['>=1'], newest: 3 },
        ],
      },
    ])
  })

  it('takes layouts by the scheme of regclient too', () => {
    expect(
      parse('sync: [{ source: "ocidir:///in", target: "oci:out:app", type: repository }]').entries,
    ).toMatchObject([{ source: 'oci:/in', target: 'oci:out:app' }])
  })

  it.each([
    ['version: 2\nsync: []', 'line 1: version: only version 1 is supported'],
    [entry('backup: old'), 'line 5: sync[0].backup: Windlass does not support this key'],
    [entry('platforms: [linux/amd64]'), 'use platform, or copy all of it'],
    [entry('mediaTypes: [x]'), 'Windlass does not support this key'],
    [entry('includeExternal: true'), 'layers of other publishers are not copied'],
    [entry('tag: x'), 'line 5: sync[0].tag: there is no such key'],
    [entry('tags: { allow: ["("] }'), 'line 5: sync[0].tags.allow[0]: it is not a regular expression'],
    [entry('tags: { allow: x }'), 'it must be a list of texts, not "x"'],
    [entry('tags: { newest: 0 }'), 'it must be a whole number of at least 1, not "0"'],
    [entry('tags: { semverRange: [">=1", "x y"] }'), 'semverRange[1]: it is not a range'],
    [entry('platform: amiga'), 'sync[0].platform'],
    ['defaults: { backup: x }\nsync: []', 'line 1: defaults.backup'],
    ['sync: [{ source: a, target: b, type: registry }]', 'Windlass does not list the repositories'],
    [
      'sync: [{ source: a, target: b }]',
      'sync[0].type: it must be repository, image or registry, not missing',
    ],
    ['sync: [{ target: b, type: image }]', 'sync[0].source: it must be a text, not missing'],
    ['sync: [{ source: a, target: b, type: image, tags: { allow: [x] } }]', 'has one tag'],
    ['sync: [{ source: "a:1", target: b, type: repository }]', 'is one image, not a repository'],
    ['sync: [{ source: "{{env \\"NO\\"}}", target: b, type: image }]', 'the variable NO is not set'],
    ['creds: [{ registry: r, user: u }]\nsync: []', 'it must state both user and pass'],
    ['creds: [{ registry: r, tls: maybe }]\nsync: []', 'it must be enabled, insecure or disabled'],
    ['creds: [{ registry: r, credHelper: x }]\nsync: []', 'creds[0].credHelper: Windlass does not support'],
    ['creds: x\nsync: []', 'creds: it must be a list'],
    [entry('tags:\n      allow: [x]\n      newest: x'), 'line 7: sync[0].tags.newest: it must be a whole'],
    [entry('tags: { newest: 1.5 }'), 'it must be a whole number of at least 1, not "1.5"'],
    [entry('tags: { newest: 1234567890 }'), 'it must be a whole number of at least 1'],
    ['creds: [{ registry: r, pass: p }]\nsync: []', 'it must state both user and pass'],
    ['creds: [{ user: u, pass: p }]\nsync: []', 'creds[0].registry: it must be a text, not missing'],
    ['creds: [{ registry: r, user: [u], pass: p }]\nsync: []', 'creds[0].user: it must be a text'],
    [
      'creds:\n- registry: r\n  user: "{{env \\"NO\\"}}"\nsync: []',
      'line 3: creds[0].user: the variable NO is not',
    ],
  ])('rejects %j', (text, problem) => {
    expect(() => parse(text)).toThrow(problem)
  })

  it('has the logins, certificates and schemes of its hosts', () => {
    const { hosts } = parse(
      [
        'creds:',
        '- { registry: a.io, tls: enabled, regcert: PEM }',
        '- { registry: b.io, tls: insecure, user: u, pass: "{{env \\"HUB_USER\\"}}" }',
        '- { registry: c.io, tls: disabled }',
        '- { registry: d.io }',
        'sync: []',
      ].join('\n'),
    )
    expect(hosts).toStrictEqual([
      { registry: 'a.io', tls: 'verified', ca: 'PEM' },
      { registry: 'b.io', tls: 'unverified', credentials: { username: 'u', password: 'jane' } },
      { registry: 'c.io', tls: 'http' },
      { registry: 'd.io' },
    ])
  })

  it('does not show a login in an error', () => {
    expect(() => parse('creds: [{ registry: r, user: secret, pass: [hidden] }]\nsync: []')).toThrow(
      /^(?!.*(secret|hidden))/,
    )
  })
})
