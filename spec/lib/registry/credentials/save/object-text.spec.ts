import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withMember } from '../../../../../lib/registry/credentials/save/object-text.js'

describe('withMember', () => {
  it.each([
    ['{}', ['a'], 1, '{\n\t"a": 1\n}'],
    ['{ }', ['a', 'b'], {}, '{\n\t"a": {\n\t\t"b": {}\n\t}\n}'],
    ['{"a":1}', ['b'], { c: 2 }, '{"a":1,"b":{"c":2}}'],
    ['{\n  "a": 1\n}\n', ['b'], { c: 2 }, '{\n  "a": 1,\n  "b": {\n    "c": 2\n  }\n}\n'],
    ['{\n\t"auths": {}\n}', ['auths', 'x'], {}, '{\n\t"auths": {\n\t\t"x": {}\n\t}\n}'],
    [
      '{"n":1.0e5,"auths":null,"z":[{"}":"]"}]}',
      ['auths', 'x'],
      1,
      '{"n":1.0e5,"auths":{"x":1},"z":[{"}":"]"}]}',
    ],
    ['{"a":1,"b":2,"a":3}', ['a'], undefined, '{"b":2}'],
    ['{"a":1,"a":{"x":"\\"}"}}', ['a', 'x'], 2, '{"a":1,"a":{"x":2}}'],
    ['{ "a": 1 }', ['a'], undefined, '{}'],
    ['{"a":1, "b":2}', ['b'], undefined, '{"a":1}'],
    ['{"a":1, "b":2}', ['a'], undefined, '{"b":2}'],
    ['{"a":1}', ['b', 'c'], undefined, '{"a":1}'],
    ['{"\\u0061":1}', ['a'], 2, '{"\\u0061":2}'],
  ] as const)('edits %s at %j', (text, path, value, expected) => {
    expect(withMember(text, path as unknown as [string], value)).toBe(expected)
  })

  const key = fc.oneof(fc.constantFrom('auths', 'a', 'b', '"', '\\', '{}', ','), fc.string({ maxLength: 4 }))
  // Numbers as keys and __proto__ have an order or a meaning of their own in JavaScript.
  const name = key.filter((each) => !/^\d+$/.test(each) && each !== '__proto__')
  const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5, noNullPrototype: true })
  const space = fc.constantFrom<string | number | undefined>(undefined, '\t', 2, 4)

  it('property: changes the named member as JSON, and no other in its text or order', () => {
    fc.assert(
      fc.property(
        ...[
          object,
          space,
          name,
          fc.option(name, { nil: undefined }),
          fc.option(fc.jsonValue(), { nil: undefined }),
        ],
        (content, indent, first, second, value) => {
          const text = JSON.stringify(content, undefined, indent)
          const edited = withMember(text, second === undefined ? [first] : [first, second], value)
          const expected = structuredClone(content) as Record<string, unknown>
          const inner = expected[first]
          const holder = second === undefined ? expected : isObject(inner) ? inner : {}
          const last = second ?? first
          if (value === undefined) Reflect.deleteProperty(holder, last)
          else {
            holder[last] = value
            if (second !== undefined) expected[first] = holder
          }
          expect(JSON.stringify(JSON.parse(edited))).toBe(JSON.stringify(expected))
          for (const [other, each] of Object.entries(content)) {
            if (other === first) continue
            const kept = JSON.stringify(each, undefined, indent).split('\n')[0]!
            expect(edited).toContain(`${JSON.stringify(other)}:${indent === undefined ? '' : ' '}${kept}`)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('property: a member that is added and removed again leaves the same content', () => {
    fc.assert(
      fc.property(object, space, name, (content, indent, added) => {
        fc.pre(!(added in content))
        const text = JSON.stringify(content, undefined, indent)
        const back = withMember(withMember(text, [added], { x: 1 }), [added], undefined)
        // JSON has no negative zero.
        expect(JSON.parse(back)).toEqual(JSON.parse(text))
        if (Object.keys(content).length > 0) expect(back).toBe(text)
      }),
    )
  })
})

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
