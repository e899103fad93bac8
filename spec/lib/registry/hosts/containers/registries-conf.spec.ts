import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../../lib/errors.js'
import {
  parseDropIn,
  parseRecordedAliases,
  parseRegistriesConf,
} from '../../../../../lib/registry/hosts/containers/registries-conf.js'

const file = '/etc/containers/registries.conf'
const parse = (text: string) => parseRegistriesConf(text, file)

describe('a registries.conf', () => {
  it('of the manual page has mirrors, locations and settings', () => {
    const read = parse(`unqualified-search-registries = ["example.com"]

[[registry]]
prefix = "example.com/foo"
insecure = false
blocked = false
location = "internal-registry-for-example.com/bar"

[[registry.mirror]]
location = "example-mirror-0.local/mirror-for-foo"

[[registry.mirror]]
location = "example-mirror-1.local/mirrors/foo"
insecure = true

[[registry]]
location = "registry.com"

[[registry.mirror]]
location = "mirror.registry.com"
`)
    expect(read.searchRegistries).toEqual(['example.com'])
    expect([...read.registries].sort((a, b) => (a.prefix < b.prefix ? -1 : 1))).toEqual([
      {
        ...{
          path: file,
          line: 3,
          prefix: 'example.com/foo',
          location: 'internal-registry-for-example.com/bar',
        },
        ...{ insecure: false, blocked: false },
        mirrors: [
          { location: 'example-mirror-0.local/mirror-for-foo', insecure: false, manifests: 'all' },
          { location: 'example-mirror-1.local/mirrors/foo', insecure: true, manifests: 'all' },
        ],
      },
      {
        ...{ path: file, line: 16, prefix: 'registry.com', location: 'registry.com' },
        ...{ insecure: false, blocked: false },
        mirrors: [{ location: 'mirror.registry.com', insecure: false, manifests: 'all' }],
      },
    ])
  })

  it('says which manifests a mirror is asked for', () => {
    const read = parse(`[[registry]]
location = "a.com"
[[registry.mirror]]
location = "digest.com/"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tag.com"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "all.com"
pull-from-mirror = "all"
[[registry]]
prefix = "*.b.com"
mirror-by-digest-only = true
mirror = [{ location = "digest.com" }]
`)
    const manifests = read.registries.map(({ prefix, mirrors }) => [
      prefix,
      mirrors.map((each) => each.manifests),
    ])
    expect(Object.fromEntries(manifests)).toEqual({
      'a.com': ['digests', 'tags', 'all'],
      '*.b.com': ['digests'],
    })
  })

  it('uses the first of several tables with the same prefix', () => {
    const read = parse(
      '[[registry]]\nlocation = "a.com/x"\nprefix = "a.com"\n[[registry]]\nlocation = "a.com"',
    )
    expect(read.registries).toMatchObject([{ location: 'a.com/x' }])
  })

  it('of version 1 is read as one of version 2, as in c/image', () => {
    const read = parse(`[registries.search]
registries = ["registry-a.com////", "registry-c.com", "registry-d.com"]

[registries.block]
registries = ["registry-b.com"]

[registries.insecure]
registries = ["registry-b.com////", "registry-d.com", "registry-e.com", "registry-a.com"]
`)
    expect(read.searchRegistries).toEqual(['registry-a.com', 'registry-c.com', 'registry-d.com'])
    expect(read.registries.map(({ prefix, blocked, insecure }) => [prefix, blocked, insecure])).toEqual([
      ['registry-b.com', true, true],
      ['registry-d.com', false, true],
      ['registry-e.com', false, true],
      ['registry-a.com', false, true],
    ])
    const drop = () => parseDropIn('[registries.search]\nregistries = []', '/d/a.conf')
    expect(drop).toThrow(
      'Failed to read line 1 of "/d/a.conf": files in this directory must not have version 1',
    )
  })

  it('has aliases of names without a registry', () => {
    const read = parse(
      '[aliases]\n"alpine" = "docker.io/alpine"\n"opensuse/leap" = "registry.opensuse.org/opensuse/leap"\nold = ""',
    )
    expect(Object.fromEntries(read.aliases)).toEqual({
      alpine: { target: 'docker.io/library/alpine', path: file },
      'opensuse/leap': { target: 'registry.opensuse.org/opensuse/leap', path: file },
      old: { target: undefined, path: file },
    })
  })

  it('has the credential helpers in their order, and none if the list is empty', () => {
    expect(parse('credential-helpers = ["b", "a"]').credentialHelpers).toEqual(['b', 'a'])
    for (const text of ['credential-helpers = []', ''])
      expect(parse(text)).not.toHaveProperty('credentialHelpers')
  })

  it('of recorded aliases has nothing else', () => {
    const read = parseRecordedAliases('[aliases]\na = "quay.io/a"\n[[registry]]\nlocation = "b"', file)
    expect([read.registries, [...read.aliases.keys()]]).toEqual([[], ['a']])
  })

  it.each([
    ['[[registry]]\nlocation = "a.com', 2, 'it is not TOML'],
    ['[[registry]]\n[[registry]]\nlocation = "a"', 1, 'has neither "prefix" nor "location"'],
    ['[[registry]]\nprefix = "a.com"', 2, 'the table [[registry]] with the prefix "a.com" has no "location"'],
    ['[[registry]]\nlocation = "https://a.com"', 2, '"https://a.com" must not start with a scheme'],
    ['[[registry]]\nlocation = "a"\nprefix = "http://a"', 3, '"http://a" must not start with a scheme'],
    ['[[registry]]\nprefix = "*.a.com/b"', 2, '"*.a.com/b" must have the form *.example.com'],
    ['[[registry]]\nlocation = "a"\ninsecure = "true"', 3, '"insecure" must be true or false'],
    ['[[registry]]\nlocation = "a"\npull-from-mirror = "all"', 3, 'must be in a table [[registry.mirror]]'],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]',
      3,
      'the table [[registry.mirror]] has no "location"',
    ],
    [
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "never"',
      ...([5, 'must be all, digest-only or tag-only'] as const),
    ],
    [
      '[[registry]]\nlocation = "a"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "all"',
      ...([6, 'must not occur together with "mirror-by-digest-only"'] as const),
    ],
    [
      '[[registry]]\nlocation = "a"\n[[registry]]\nlocation = "a"\nprefix = "b"\ninsecure = true',
      ...([3, '"a" has a different value of "insecure" in an earlier table'] as const),
    ],
    [
      '[[registry]]\nprefix = "*.a"\n[[registry]]\nprefix = "*.a"\nblocked = true',
      ...([3, '"*.a" has a different value of "blocked" in an earlier table'] as const),
    ],
    ['[registry]\nlocation = "a"', 1, '"registry" must be an array of tables'],
    ['unqualified-search-registries = ["a/b"]', 1, '"a/b" is not the name of a registry'],
    ['unqualified-search-registries = "a"', 1, 'must be an array of strings'],
    ['short-name-mode = "strict"', 1, 'must be enforcing, permissive or disabled'],
    ['[aliases]\n"quay.io/a" = "quay.io/b"', 2, 'the alias "quay.io/a" must be a name without registry'],
    ['[aliases]\n"a:1" = "quay.io/b"', 2, 'the alias "a:1" must be a name without registry'],
    ['[aliases]\na = "b"', 2, 'the value of the alias "a" must be a registry and a repository'],
    ['[aliases]\na = "quay.io/b:1"', 2, 'the value of the alias "a" must be a registry and a repository'],
    [
      '[registries.insecure]\nregistries = ["a"]\n[[registry]]\nlocation = "b"',
      ...([3, '"registry" must not occur together with [registries]'] as const),
    ],
  ])('that is malformed is an error with its line: %j', (text, line, problem) => {
    const run = () => parse(text)
    expect(run).toThrow(WindlassError)
    expect(run).toThrow(`Failed to read line ${line} of "${file}": `)
    expect(run).toThrow(problem)
  })

  it('never fails with anything but USAGE', () => {
    const value = fc.oneof(
      fc.constantFrom(
        'true',
        '1',
        '"a.com"',
        '["a.com"]',
        '"digest-only"',
        '{ a = "b.io/c" }',
        '1979-05-27',
        '""',
      ),
      fc.json(),
    )
    const key = fc.constantFrom(
      ...['prefix', 'location', 'insecure', 'blocked', 'mirror', 'pull-from-mirror', 'mirror-by-digest-only'],
      ...['unqualified-search-registries', 'short-name-mode', 'aliases', 'alpine', 'registries', '__proto__'],
    )
    const header = fc.constantFrom(
      ...[
        '[[registry]]',
        '[[registry.mirror]]',
        '[aliases]',
        '[registries.search]',
        '[registries]',
        '[registry]',
      ],
    )
    const line = fc.oneof(
      header,
      fc.tuple(key, value).map(([name, text]) => `${name} = ${text}`),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom(parseRegistriesConf, parseDropIn), (lines, run) => {
        try {
          run(lines.join('\n'), file)
        } catch (error) {
          expect(error).toMatchObject({ code: 'USAGE', subject: { path: file } })
        }
      }),
      { numRuns: 300 },
    )
  })
})
