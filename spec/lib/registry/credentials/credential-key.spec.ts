import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bySpecificity,
  covers,
  parseCredentialKey,
} from '../../../../lib/registry/credentials/credential-key.js'

const named = (text: string) => {
  const [registry = '', ...path] = text.split('/')
  return { registry, repository: path.join('/') }
}
const chosen = (keys: readonly string[], asked: string): string | undefined =>
  bySpecificity(keys.map(parseCredentialKey), named(asked))[0]?.text

describe('a key of a credentials file', () => {
  it.each([
    ['quay.io', 'quay.io/team/app', true],
    ['QUAY.io', 'quay.io/team/app', true],
    ['quay.io/', 'quay.io/team/app', true],
    ['https://quay.io', 'quay.io/team/app', true],
    ['http://quay.io/', 'quay.io/team/app', true],
    ['https://quay.io/v1/', 'quay.io/team/app', true],
    ['https://quay.io/v2', 'quay.io/team/app', true],
    ['quay.io/v2/', 'quay.io/team/app', true],
    ['quay.io/team', 'quay.io/team/app', true],
    ['quay.io/team/', 'quay.io/team/app', true],
    ['quay.io/team/app', 'quay.io/team/app', true],
    ['https://quay.io/team', 'quay.io/team/app', true],
    ['https://quay.io/v2/team', 'quay.io/team/app', true],
    ['quay.io/v2', 'quay.io/v2/app', true],
    ['quay.io/v2', 'quay.io/team/app', false],
    ['quay.io/te', 'quay.io/team/app', false],
    ['quay.io/team/app/deep', 'quay.io/team/app', false],
    ['quay.io/app', 'quay.io/team/app', false],
    ['https://quay.io/other', 'quay.io/team/app', false],
    ['quay.io:443', 'quay.io/team/app', false],
    ['my.quay.io', 'quay.io/team/app', false],
    ['quay.io.evil.example', 'quay.io/team/app', false],
    ['user@quay.io', 'quay.io/team/app', false],
    ['localhost:5000', 'localhost:5000/app', true],
    ['localhost', 'localhost:5000/app', false],
    ['index.docker.io', 'docker.io/library/alpine', true],
    ['https://index.docker.io/v1/', 'docker.io/library/alpine', true],
    ['docker.io/library', 'registry-1.docker.io/library/alpine', true],
    ['docker.io/team', 'docker.io/library/alpine', false],
    ['hub.docker.io', 'docker.io/library/alpine', false],
    ['', 'quay.io/team/app', false],
    ['*.example.com', 'reg.example.com/team/app', true],
    ['https://*.example.com/v2/', 'reg.example.com/team/app', true],
    ['*.example.com', 'a.b.example.com/team/app', false],
    ['*.example.com', 'example.com/team/app', false],
    ['*.example.com', 'reg.example.com:5000/team/app', false],
    ['*.example.com:5000', 'reg.example.com:5000/team/app', true],
    ['*.example.com', 'reg.example.com.evil.test/team/app', false],
    ['*.example.com', 'regXexampleXcom/team/app', false],
    ['reg?.example.com/team', 'reg1.example.com/team/app', true],
    ['reg?.example.com/team', 'reg1.example.com/other/app', false],
    ['reg?.example.com', 'reg.example.com/team/app', false],
    ['(.*', 'quay.io/team/app', false],
  ])('%s covers %s: %s', (key, asked, expected) => {
    expect(covers(parseCredentialKey(key), named(asked))).toBe(expected)
  })

  const hub = [
    ...['docker.io', 'index.docker.io', 'https://index.docker.io/v1/', 'registry-1.docker.io'],
    'https://registry-1.docker.io',
  ]

  it('of Docker Hub is selected by the preference of its names, not by the order in the file', () => {
    for (let from = 0; from < hub.length; from++) {
      const keys = hub.slice(from)
      for (const turned of keys.map((_, at) => [...keys.slice(at), ...keys.slice(0, at)]))
        expect(chosen(turned, 'docker.io/library/alpine')).toBe(hub[from])
    }
  })

  it('of Docker Hub is selected by the same preference if another of its names is requested', () => {
    const others = ['registry-1.docker.io', 'https://index.docker.io/v1/', 'docker.io']
    expect(chosen(others, 'index.docker.io/library/alpine')).toBe('docker.io')
    expect(chosen(others.slice(0, 2), 'docker.io/library/alpine')).toBe('https://index.docker.io/v1/')
    expect(
      chosen(['registry-1.docker.io', ' HTTPS://index.docker.io/v1// '], 'docker.io/library/alpine'),
    ).toBe(' HTTPS://index.docker.io/v1// ')
  })

  it('that equals the requested name precedes other keys of the same registry', () => {
    expect(chosen(hub, 'registry-1.docker.io/library/alpine')).toBe('registry-1.docker.io')
    expect(chosen(['https://quay.io', 'quay.io'], 'quay.io/team/app')).toBe('quay.io')
  })

  it('that is a pattern comes after a name, and the one with more characters first', () => {
    const keys = ['*.*.com', '*.example.com', 'r*.example.com', 'https://reg.example.com/v1/']
    for (let from = 0; from < keys.length; from++)
      expect(chosen(keys.slice(0, from + 1), 'reg.example.com/app')).toBe(keys[from])
    expect(chosen(['reg.example.com', '*.example.com/team'], 'reg.example.com/team/app')).toBe(
      '*.example.com/team',
    )
  })

  it('with a longer path precedes the name of the registry', () => {
    expect(chosen(['docker.io', 'registry-1.docker.io/library'], 'docker.io/library/alpine')).toBe(
      'registry-1.docker.io/library',
    )
  })

  const component = fc.constantFrom('a', 'b', 'ab', 'v1', 'v2')
  const path = fc.array(component, { maxLength: 3 })
  const host = fc.constantFrom('r.example', 'r.example:5000', 'r.example.org', 'localhost')
  const key = fc.tuple(host, path).map((parts) => parts.flat().join('/'))
  const repository = fc.tuple(host, fc.array(component, { minLength: 1, maxLength: 4 }))

  it('property: the longest key that is a prefix is selected, and never a key that is not a prefix', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), repository, (keys, [registry, components]) => {
        // The oracle looks up keys as Podman does: the whole name first, then one component less each time.
        const prefixes = [components.length, 3, 2, 1, 0]
          .filter((length, at) => at === 0 || length < components.length)
          .map((length) => [registry, ...components.slice(0, length)].join('/'))
        const expected = prefixes.find((prefix) => keys.includes(prefix))
        expect(chosen(keys, [registry, ...components].join('/'))).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('property: the order of the keys does not matter', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        repository,
        (keys, numbers, [registry, components]) => {
          const shuffled = keys
            .map((each) => [each, numbers.next().value] as const)
            .sort(([, a], [, b]) => Number(a) - Number(b))
            .map(([each]) => each)
          const asked = [registry, ...components].join('/')
          expect(chosen(shuffled, asked)).toBe(chosen(keys, asked))
        },
      ),
      { numRuns: 300 },
    )
  })
})
