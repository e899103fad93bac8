import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  coveredLength,
  longestPrefix,
  rewriteName,
} from '../../../../../lib/registry/hosts/containers/image-prefix.js'

describe('a prefix of names', () => {
  // The cases of c/image, system_registries_v2_test.go, for names without tag and digest.
  it.each([
    ['docker.io', '*.io', 9],
    ['docker.io/foo', '*.com', undefined],
    ['example.com/foo', '*.co', undefined],
    ['example.com/foo', '*.example.com', undefined],
    ['example.com/foo', '*.com', 11],
    ['sub.example.com:5000/foo', '*.example.com', 15],
    ['yet.another.example.com/foo', '**.example.com', undefined],
    ['yet.another.example.com/foo/bar', '*.another.example.com', 23],
    ['example.net/namespace-ends-in.com/foo', '*.com', undefined],
    ['another.example.com/namespace.com/foo', '*.namespace.com', undefined],
    ['docker.io', 'docker.io', 9],
    ['docker.io', 'example.com', undefined],
    ['example.com:5000', 'example.com:5000', 16],
    ['example.com:50000', 'example.com:5000', undefined],
    ['example.com:5000', 'example.com', 11],
    ['example.com/foo/bar', 'example.com', 11],
    ['docker.io', 'docker.io/library', undefined],
    ['docker.io/library', 'docker.io/library', 17],
    ['docker.io/libraryy', 'docker.io/library', undefined],
    ['docker.io/library/busybox', 'docker.io/library', 17],
    ['docker.io/library/busybox', 'docker.io/library/busybox', 25],
    ['docker.io/library/busybox2', 'docker.io/library/busybox', undefined],
    ['example.com/foo', 'example.com/foo:bar', undefined],
    ['example.com/foo', '*', undefined],
    ['example.com/foo', '', undefined],
  ])('covers of %s with %s: %s characters', (name, prefix, length) => {
    expect(coveredLength(name, prefix)).toBe(length)
  })

  const component = fc.constantFrom('a', 'b', 'ab')
  const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  const host = fc.constantFrom('x.com', 'a.x.com', 'b.a.x.com:5000', 'x.org')
  const name = fc.tuple(host, path).map((parts) => parts.join('/'))
  const prefix = fc.oneof(host, name, fc.constantFrom('*.com', '*.x.com', '*.a.x.com'))

  it('is selected if no longer one covers the name', () => {
    fc.assert(
      fc.property(name, fc.array(prefix), (wanted, prefixes) => {
        const covering = prefixes.filter((each) => coveredLength(wanted, each) !== undefined)
        const found = longestPrefix(
          prefixes.map((each) => ({ prefix: each })),
          wanted,
        )?.prefix
        expect(found).toBe(covering.find((each) => covering.every(({ length }) => length <= each.length)))
      }),
    )
  })

  it('is replaced by the location, and the rest of the name is kept', () => {
    fc.assert(
      fc.property(name, path, name, (location, rest, start) => {
        expect(rewriteName(`${start}/${rest}`, start, location)).toBe(`${location}/${rest}`)
        expect(rewriteName(start, start, location)).toBe(location)
        expect(rewriteName(start, start, '')).toBe(start)
      }),
    )
  })
})
