import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnreadableLink, nextLink } from '../../../../lib/registry/headers/link.js'

describe('nextLink', () => {
  it.each([
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
    ['</a>; rel=next', '/a'],
    ['</a>; title="x, <y>; rel=next"; rel="prev", </b>; REL="last NEXT"', '/b'],
    ['</a>; rel="prev"; rel="next"', undefined],
    ['</a>', '/a'],
    ['/a; rel="next"', '/a'],
    ['</a?x=1,2>', '/a?x=1,2'],
    ['?last=b; rel="next"', '?last=b'],
    ['list?last=b', 'list?last=b'],
    ['</a>; rel="prev"', undefined],
    ['</a>; title=x;', '/a'],
    ['</a>; rel="prev", </b>', '/b'],
    ['<>; rel="next"', undefined],
    ['', undefined],
    [', ,', undefined],
  ])('%s', (text, expected) => {
    expect(nextLink(text)).toBe(expected)
  })

  it.each(['</a', '<', '</a>; rel="next', 'a b', '</a>, </b>', 'a>', 'garbage', 'next', '\xff\xfe'])(
    'rejects %s, which would end the list early',
    (text) => {
      expect(() => nextLink(text)).toThrow(UnreadableLink)
    },
  )

  it('reads several header fields', () => {
    expect(nextLink(['</a>; rel="prev"', '</b>; rel="next"'])).toBe('/b')
    expect(nextLink(undefined)).toBeUndefined()
  })

  it('property: finds the next link among others at any position', () => {
    const target = fc.string({
      unit: fc.constantFrom('/', 'a', 'b', '?', '&', '=', ',', ';', '%', '"'),
      maxLength: 12,
    })
    const relation = fc.constantFrom('prev', 'first', 'last', 'nextish')
    fc.assert(
      fc.property(fc.array(fc.tuple(target, relation)), target, fc.nat(), (others, wanted, where) => {
        const links = others.map(([each, rel]) => `<${each}>; rel="${rel}"`)
        links.splice(where % (links.length + 1), 0, `<${wanted}>;rel="next"`)
        expect(nextLink(links.join(', '))).toBe(wanted === '' ? undefined : wanted)
      }),
      { numRuns: 300 },
    )
  })

  it('property: throws only UnreadableLink', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('<', '>', ';', ',', '=', '"', '\\', ' ', 'rel', 'next'),
          maxLength: 100,
        }),
        (text) => {
          try {
            nextLink(text)
          } catch (error) {
            expect(error).toMatchObject({ code: 'REGISTRY_RESPONSE' })
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
