import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { locationOf, resolveLocation } from '../../../../lib/registry/headers/location.js'

const from = locationOf(new URL('https://registry.example:5000/v2/team/app/blobs/x?a=b'))
const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

describe('the request target of a location', () => {
  it.each([
    // Unchanged.
    ["https://s3.example/x?n='a'&b=c", "/x?n='a'&b=c"],
    ['https://s3.example/x?n="a"', '/x?n="a"'],
    ['https://s3.example/a%2e%2e/%2e%2e/b', '/a%2e%2e/%2e%2e/b'],
    ['https://s3.example/a/%2E/b?x=%2e', '/a/%2E/b?x=%2e'],
    ['https://s3.example/a+b?c=d+e%20f', '/a+b?c=d+e%20f'],
    ['https://s3.example/[a]?b[]=c', '/[a]?b[]=c'],
    ['https://s3.example/a|b?c|d', '/a|b?c|d'],
    ['https://s3.example/a{b}^`?c{d}^`', '/a{b}^`?c{d}^`'],
    ['https://s3.example/%zz?%', '/%zz?%'],
    ['https://s3.example/%7Ea%7e?b=%7E', '/%7Ea%7e?b=%7E'],
    ['https://s3.example//a//b/', '//a//b/'],
    ['https://s3.example?a=b', '/?a=b'],
    ['https://s3.example', '/'],
    ['https://s3.example/a?', '/a?'],
    ['HTTPS://S3.EXAMPLE:443/A', '/A'],
    ['https://me:secret@s3.example/a', '/a'],
    // Characters that cannot be sent or are ambiguous are encoded.
    ['https://s3.example/a b?c d', '/a%20b?c%20d'],
    ['https://s3.example/é?é', '/%C3%A9?%C3%A9'],
    ['https://s3.example/a\\..\\b', '/a%5C..%5Cb'],
    ['https://s3.example/a#b', '/a'],
    ['https://s3.example/a?b#c?d', '/a?b'],
    // Relative references, including the examples of RFC 3986 §5.4.
    ['/y', '/y'],
    ['y', '/v2/team/app/blobs/y'],
    ['./y?z', '/v2/team/app/blobs/y?z'],
    ['../y', '/v2/team/app/y'],
    ['../../../../../y', '/y'],
    ['/a/./b/../c/.', '/a/c/'],
    ['/a/..', '/'],
    ['?q', '/v2/team/app/blobs/x?q'],
    ['', '/v2/team/app/blobs/x?a=b'],
    ['#f', '/v2/team/app/blobs/x?a=b'],
    ['y:z', undefined],
    ['./y:z', '/v2/team/app/blobs/y:z'],
    ['//s3.example/y', '/y'],
    ["/y?a='", "/y?a='"],
  ])('%s: %s', (text, target) => {
    expect(resolveLocation(bytes(text), from)?.target).toBe(target)
  })

  it.each(['file:///x', 'ftp://a/b', 'data:,x', 'unix:/x', 'http://', 'http://[', 'https://a:99999/'])(
    'is undefined for %s',
    (text) => {
      expect(resolveLocation(text, from)).toBeUndefined()
    },
  )

  it('contains no user info', () => {
    expect(resolveLocation('https://me:secret@s3.example/a', from)?.url.href).toBe('https://s3.example/a')
    expect(resolveLocation('//me@s3.example/a', from)?.url.username).toBe('')
  })

  it('is resolved against the exact bytes of the previous request target', () => {
    const first = resolveLocation("https://s3.example/a'%2e/b?c='", from)
    expect(resolveLocation('d', first)?.target).toBe("/a'%2e/d")
    expect(resolveLocation('?e', first)?.target).toBe("/a'%2e/b?e")
    expect(resolveLocation('', first)?.target).toBe("/a'%2e/b?c='")
  })

  it.each([
    ['https://a\\@b/c', 'https://a'],
    ['https:\\\\a\\b', 'https://a'],
    ['https:a/b', 'https://registry.example:5000'],
    ['http:a/b', 'http://a'],
    ['https:///a/b', 'https://a'],
    ['/\\a/b', 'https://a'],
    ['\\\\a/b', 'https://a'],
    ['ht\ttps://a/b', 'https://a'],
    ['//a\n.b/c', 'https://a.b'],
    ['\\\\registry.example:5000\\y', 'https://registry.example:5000'],
    ['https:?\\', 'https://registry.example:5000'],
  ])('belongs to the host that URL determines if a text is ambiguous: %j', (text, origin) => {
    const location = resolveLocation(text, from)
    expect(location?.url.origin).toBe(origin)
    expect(location?.target).toBe((location!.url.pathname + location!.url.search).replaceAll('\\', '%5C'))
  })

  it('property: it is valid in a request line, starts with a slash, and its origin is that of URL', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom(
          '/',
          '\\',
          '.',
          '..',
          '%2e',
          '%2f',
          '?',
          '#',
          '@',
          ':',
          'http:',
          'https:',
          '//',
          '[',
          ']',
        ),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 20,
    })
    fc.assert(
      fc.property(text, (given) => {
        const location = resolveLocation(bytes(given), from)
        if (location === undefined) return
        expect(location.target).toMatch(/^\/[\x21-\x5b\x5d-\x7e]*$/)
        expect(location.target).not.toContain('#')
        expect(location.url.origin).toBe(new URL(given, from.url).origin)
      }),
      { numRuns: 2000 },
    )
  })

  it('property: a valid path and query (RFC 3986) without dot segments are unchanged', () => {
    const allowed = "abcXYZ019-_~!$&'()*+,;=:@%/"
    const part = fc.string({ unit: fc.constantFrom(...Array.from(allowed)), maxLength: 20 })
    fc.assert(
      fc.property(part, part, (path, query) => {
        const target = `/${path}?${query}`
        expect(resolveLocation(`https://s3.example${target}`, from)?.target).toBe(target)
      }),
      { numRuns: 1000 },
    )
  })
})
