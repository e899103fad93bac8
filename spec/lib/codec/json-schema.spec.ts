import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { type JsonSchema, jsonSchema } from '../../../lib/codec/json-schema.js'

/** A codec, and values of which it accepts most. */
interface Case {
  readonly codec: t.Mixed
  readonly values: fc.Arbitrary<unknown>
}

const leaves: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  { codec: t.string, values: fc.string() },
  { codec: t.number, values: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { codec: t.boolean, values: fc.boolean() },
  { codec: t.null, values: fc.constant(null) },
  { codec: t.unknown, values: fc.jsonValue() },
  { codec: t.UnknownRecord, values: fc.dictionary(fc.string(), fc.jsonValue()) },
  { codec: t.literal('one'), values: fc.constant('one') },
  { codec: t.literal(7), values: fc.constant(7) },
  { codec: t.keyof({ red: null, green: null }), values: fc.constantFrom('red', 'green') },
)

const keys = ['a', 'b', 'c', 'd'] as const
const propsOf = (cases: fc.Arbitrary<Case>) =>
  fc.dictionary(fc.constantFrom<string>(...keys), cases, { maxKeys: 3 })
const codecsOf = (props: Record<string, Case>): t.Props =>
  Object.fromEntries(Object.entries(props).map(([key, { codec }]) => [key, codec]))
const valuesOf = (props: Record<string, Case>, requiredKeys?: []): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    Object.fromEntries(Object.entries(props).map(([key, { values }]) => [key, values])),
    requiredKeys && { requiredKeys },
  )

const { any: cases } = fc.letrec<{ any: Case }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaves,
    propsOf(tie('any')).map((props) => ({ codec: t.type(codecsOf(props)), values: valuesOf(props) })),
    propsOf(tie('any')).map((props) => ({ codec: t.partial(codecsOf(props)), values: valuesOf(props, []) })),
    tie('any').map(({ codec, values }) => ({
      codec: t.array(codec),
      values: fc.array(values, { maxLength: 3 }),
    })),
    tie('any').map(({ codec, values }) => ({
      codec: t.record(t.string, codec),
      values: fc.dictionary(fc.string(), values, { maxKeys: 3 }),
    })),
    fc.tuple(propsOf(tie('any')), propsOf(tie('any'))).map(([needed, optional]) => ({
      codec: t.intersection([t.type(codecsOf(needed)), t.partial(codecsOf(optional))]),
      values: fc
        .tuple(valuesOf(needed), valuesOf(optional, []))
        .map(([one, other]): unknown => ({ ...other, ...one })),
    })),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => ({
      codec: t.union([one.codec, other.codec]),
      values: fc.oneof(one.values, other.values),
    })),
    fc.tuple(tie('any'), tie('any')).map(([one, other]) => ({
      codec: t.intersection([one.codec, other.codec]),
      values: fc.oneof(one.values, other.values),
    })),
  ),
}))

/** A value in which one part is replaced or removed. */
function mutated(value: unknown, at: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by
  const entries = Object.entries(value)
  const index = at % (entries.length + 1)
  if (index === entries.length) return by
  const [key, inner] = entries[index]!
  const changed = by === undefined ? undefined : mutated(inner, Math.floor(at / 3), by)
  if (Array.isArray(value)) return value.map((each: unknown, nth) => (String(nth) === key ? changed : each))
  return { ...value, [key]: changed }
}

const asJson = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)))
const ajv = new Ajv2020({ strict: false, validateSchema: false, addUsedSchema: false })
const compile = (schema: JsonSchema) => ajv.compile(schema)

describe('the schema of a codec', () => {
  it('accepts what the codec accepts, and nothing else', () => {
    let [accepted, refused] = [0, 0]
    const inputs = cases.chain(({ codec, values }) =>
      fc.record({
        codec: fc.constant(codec),
        value: fc.oneof(
          values,
          fc
            .tuple(values, fc.nat(100), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
            .map(([value, at, by]) => mutated(value, at, by)),
        ),
      }),
    )
    fc.assert(
      fc.property(inputs, ({ codec, value }) => {
        const json = asJson(value)
        const isAccepted = codec.decode(json)._tag === 'Right'
        if (isAccepted) accepted++
        else refused++
        expect(compile(jsonSchema(codec))(json)).toBe(isAccepted)
      }),
      { numRuns: 1_000 },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(50)
  })

  it('writes members of an intersection as those of one object', () => {
    const codec = t.intersection([t.type({ a: t.string }), t.partial({ b: t.union([t.number, t.null]) })])
    expect(jsonSchema(codec)).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: ['number', 'null'] } },
      required: ['a'],
    })
  })

  it('refers to parts that have names', () => {
    const inner = t.type({ a: t.string })
    const nameOf = (codec: t.Mixed): string | undefined => (codec === inner ? 'Inner' : undefined)
    expect(jsonSchema(t.array(inner), nameOf)).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/Inner' },
    })
    expect(jsonSchema(inner, nameOf)).toMatchObject({ type: 'object' })
  })

  it('does not exist for a codec that decodes or checks by a function', () => {
    const even = new t.Type<number>('Even', t.number.is, t.number.validate, t.identity)
    expect(() => jsonSchema(t.array(even))).toThrow('The codec Even has no JSON Schema')
    expect(() => jsonSchema(t.record(t.keyof({ a: null }), t.string))).toThrow(TypeError)
  })
})
