import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnreadableLink, nextLink } from '../../lib/registry/link.js'

describe('nextLink', () => {
  it.each([
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
    ['</a>; rel=next', '/a'],
    ['</a>; title="x, <y>; rel=next"; rel="prev", </b>; REL="last NEXT"', '/b'],
    ['</a>; rel="prev"; rel="next"', undefined],
    // As some registries send it: a single link that does not say what it is for.
    ['</a>', '/a'],
    ['</a>; title="x"', '/a'],
    ['</a>; rel=""', '/a'],
    ["</a>; rel='next'", '/a'],
    ['</a>;; rel="next";', '/a'],
    ['</a>,', '/a'],
    ['</first>; rel="first", </b>', '/b'],
    ['</a>, </b>; rel="next"', '/b'],
    ['</a>; rel="next", <', '/a'],
    ['<>; rel="next"', ''],
    ['</a>; rel="describedby"', undefined],
    ['', undefined],
    [' , ;', undefined],
  ])('%s', (text, expected) => {
    expect(nextLink(text)).toBe(expected)
  })

  it.each([
    '/a; rel="next"',
    '<<<;;;rel=next',
    '<',
    '</a',
    '</a>; rel="prev" </b>; rel="next',
    '</a>; rel="prev"; =',
    '</a>, </b>',
    '</a>; rel="prev", </b>; title=x, </c>',
    'x',
  ])('cannot be read: %s', (text) => {
    expect(() => nextLink(text)).toThrow(UnreadableLink)
  })

  it('reads several fields', () => {
    expect(nextLink(['</a>; rel="prev"', '</b>; rel="next"'])).toBe('/b')
    expect(nextLink(undefined)).toBeUndefined()
  })

  it('property: finds the next among others, wherever it stands', () => {
    const target = fc.string({
      unit: fc.constantFrom('/', 'a', 'b', '?', '&', '=', ',', ';', '%', '"'),
      maxLength: 12,
    })
    const relation = fc.constantFrom('prev', 'first', 'last', 'nextish')
    fc.assert(
      fc.property(fc.array(fc.tuple(target, relation)), target, fc.nat(), (others, wanted, where) => {
        const links = others.map(([each, rel]) => `<${each}>; rel="${rel}"`)
        links.splice(where % (links.length + 1), 0, `<${wanted}>;rel="next"`)
        expect(nextLink(links.join(', '))).toBe(wanted)
      }),
      { numRuns: 300 },
    )
  })

  it('property: gives a target that stands there, nothing, or says that it cannot be read', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('<', '>', ';', ',', '=', '"', '\\', ' ', 'rel', 'next'),
          maxLength: 100,
        }),
        (text) => {
          try {
            expect(text).toContain(nextLink(text) ?? '')
          } catch (error) {
            if (!(error instanceof UnreadableLink)) throw error
            expect(text).toMatch(/[^\s,;]/)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
