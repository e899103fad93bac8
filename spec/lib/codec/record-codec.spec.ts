import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { DescriptorCodec } from '../../../lib/image/documents/descriptor.js'
import { ImageConfigCodec } from '../../../lib/image/documents/image-config.js'
import { ImageIndexCodec } from '../../../lib/image/documents/image-index.js'
import { ImageManifestCodec } from '../../../lib/image/documents/image-manifest.js'
import { decodeJson } from '../../../lib/codec/json.js'
import { PlatformCodec } from '../../../lib/image/platform/platform-codec.js'
import { RecordType, withNoticedDefault, withSilentDefault, record } from '../../../lib/codec/record-codec.js'
import { Schema1ManifestCodec } from '../../../lib/image/schema1/manifest.js'
import { descriptor, ociIndex, ociManifest, schema1 } from '../../../testbench/documents/documents.js'

/** All codecs of documents, each with a value that has all optional fields. */
const platform = { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': '1', 'os.features': ['f'] }
const whole = {
  ...descriptor('a/b'),
  ...{ urls: ['https://x.test'], annotations: { a: 'b' }, platform, data: 'e30=', artifactType: 'a/b' },
}
const more = { artifactType: 'a/b', subject: descriptor('a/b'), annotations: { a: 'b' } }
const runtime = {
  ...{ User: 'u', Env: ['A=b'], Entrypoint: ['/e'], Cmd: ['c'], WorkingDir: '/w', StopSignal: 'TERM' },
  ...{ Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} }, Volumes: { '/v': {} } },
}
const history = { created: 'c', created_by: 'b', author: 'a', comment: 'x', empty_layer: true }
const config = {
  ...platform,
  ...{ created: 'c', author: 'a', config: runtime, history: [history] },
  rootfs: { type: 'layers', diff_ids: [whole.digest] },
}
const codecs: [string, t.Mixed, object][] = [
  ['a descriptor', DescriptorCodec, whole],
  ['a platform', PlatformCodec, platform],
  ['an image manifest', ImageManifestCodec, { ...ociManifest, ...more }],
  ['an image index', ImageIndexCodec, { ...ociIndex, ...more }],
  ['a schema 1 manifest', Schema1ManifestCodec, schema1],
  ['an image config', ImageConfigCodec, config],
  ['a run-time config', optionalOf(ImageConfigCodec, 'config'), runtime],
]

function optionalOf(codec: t.Mixed, field: string): t.Mixed {
  if (codec instanceof RecordType) return codec.optional[field]!
  throw new Error(`${codec.name} is no record`)
}

const document = { code: 'CONFIG_INVALID', what: 'it' } as const
const decode = (codec: t.Mixed, value: unknown): { value: unknown; notices: string[] } => {
  const notices: string[] = []
  return { value: decodeJson(codec, value, { ...document, notice: (text) => notices.push(text) }), notices }
}
const without = (value: object, field: string): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== field))

describe.each(codecs)('the optional fields of %s', (_name, codec, value) => {
  const fields = codec instanceof RecordType ? Object.keys(codec.optional) : []

  it('are all present in the value of this test', () => {
    expect(fields.length).toBeGreaterThan(0)
    for (const field of fields) expect(value).toHaveProperty([field])
    expect(decode(codec, value).notices).toEqual([])
  })

  it('may be missing or null, which is equivalent', () => {
    fc.assert(
      fc.property(fc.subarray(fields), (missing) => {
        const absent = missing.reduce(without, value)
        const nulls = { ...value, ...Object.fromEntries(missing.map((field) => [field, null])) }
        expect(decode(codec, nulls)).toEqual(decode(codec, absent))
        expect(decode(codec, absent).notices).toEqual([])
      }),
    )
  })

  it('are removed with a notice if they have the wrong type; nothing else changes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue({ maxDepth: 2 }), (field, wrong) => {
        const strict = optionalOf(codec, field)
        fc.pre(wrong !== null && strict.decode(wrong)._tag === 'Left')
        const decoded = decode(codec, { ...value, [field]: wrong })
        expect(decoded.value).toEqual(decode(codec, without(value, field)).value)
        expect(decoded.notices).toHaveLength(1)
        expect(decoded.notices[0]).toContain(`; ${field} is ignored`)
      }),
      { numRuns: 300 },
    )
  })
})

describe('record', () => {
  const codec = record(
    'a thing',
    { n: t.number, kind: withNoticedDefault(t.string, 'x', 'an x') },
    { s: t.string },
  )

  it('keeps unknown fields, including null', () => {
    const value = { n: 1, kind: 'k', other: null, more: [1] }
    expect(decode(codec, value)).toEqual({ value, notices: [] })
  })

  it('keeps __proto__ as a field like any other', () => {
    const { value } = decode(codec, JSON.parse('{"n":1,"kind":"k","__proto__":{"s":3}}'))
    expect(Object.keys(value as object)).toEqual(['n', 'kind', '__proto__'])
    expect((value as { s?: unknown }).s).toBeUndefined()
  })

  it.each([undefined, null, ''])('fills in a required field that is %j, with a notice', (kind) => {
    expect(decode(codec, { n: 1, kind })).toEqual({
      value: { n: 1, kind: 'x' },
      notices: ['kind: it is missing; an x is assumed'],
    })
  })

  it('recognizes exactly the values that it decodes to', () => {
    expect(codec.is({ n: 1, kind: 'k' })).toBe(true)
    for (const value of [{ n: 1 }, { n: 1, kind: 'k', s: 3 }, { n: 1, kind: 'k', s: null }, null, [], 1])
      expect(codec.is(value)).toBe(false)
  })

  it('fills in a silent default without a notice', () => {
    const list = record('a list', { items: withSilentDefault(t.array(t.number), []) }, {})
    for (const value of [{}, { items: null }, { items: [] }])
      expect(decode(list, value)).toEqual({ value: { items: [] }, notices: [] })
    expect(list.decode({ items: 3 })._tag).toBe('Left')
  })
})

describe('a record', () => {
  it('does not read inherited fields', () => {
    const codec = record('a record', {}, { constructor: t.unknown, toString: t.unknown })
    const decoded = decodeJson<object>(codec, { other: 1 }, { code: 'MANIFEST_INVALID', what: 'it' })
    expect(Object.keys(decoded)).toEqual(['other'])
    const needs = record('a record', { valueOf: t.Function }, {})
    expect(needs.decode({})._tag).toBe('Left')
  })
})
