import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseManifest } from '../../../../lib/image/manifest/parse-manifest.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import type { digestOf } from '../../../../lib/image/digest/digest.js'
import { type Schema1Image, readSchema1 } from '../../../../lib/image/schema1/image.js'
import { failure } from '../../../support/image/failure.js'
import {
  type Schema1Entry,
  idOf,
  schema1Payload,
  someDigest,
  topConfig,
} from '../../../../testbench/documents/schema1-images.js'

const reference = 'docker.io/library/old:latest'

function read(entries: readonly Schema1Entry[], more: object = {}, digest?: string): Schema1Image {
  const bytes = schema1Payload(entries, more)
  const document = parseManifest({
    bytes,
    contentType: mediaTypes.dockerSchema1,
    host: 'docker.io',
    reference,
    ...(digest !== undefined && { expected: { digest: digest as ReturnType<typeof digestOf> } }),
  })
  if (document.kind !== 'schema1') throw new Error(document.kind)
  return readSchema1(document.schema1, reference)
}

const blobs = (count: number): Schema1Entry[] =>
  Array.from({ length: count }, (_, at) => ({ blob: someDigest(`blob ${at}`) }))

/** Returns the error message of a refusal, and checks that it names the image. */
function refused(entries: readonly Schema1Entry[], more: object = {}): string {
  const error = failure(() => read(entries, more))
  expect(error.code).toBe('MANIFEST_INVALID')
  expect(error.message).toContain(reference)
  return error.message
}

describe('readSchema1', () => {
  it('child first in the manifest, base first here (S0-40, S3-06)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (count) => {
        const entries = blobs(count)
        const { layers, history } = read(entries)
        expect(layers.map(({ digest }) => digest)).toEqual(entries.map(({ blob }) => blob))
        expect(layers.map(({ id }) => id)).toEqual(entries.map((_, at) => idOf(`layer ${at}`)))
        expect(history.map((entry) => entry.created_by)).toEqual(
          entries.map((_, at) => `/bin/sh -c step ${at} && <more>`),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('the digest before all else, even where everything else is wrong too (S4-07)', () => {
    const digest = someDigest('another manifest')
    for (const more of [{ schemaVersion: 7 }, { history: [] }, { fsLayers: 'none' }]) {
      const error = failure(() => read(blobs(2), more, digest))
      expect(error.code).toBe('DIGEST_MISMATCH')
      expect(error.message).toContain(`image verification failed for digest ${digest}`)
    }
  })

  it('then the version, then the lengths, then emptiness, each with its message and the reference (S4-08)', () => {
    expect(refused(blobs(2), { schemaVersion: 7, history: [] })).toContain('schemaVersion: expected 1, got 7')
    expect(refused(blobs(2), { history: [] })).toContain("'fsLayers' and 'history' have different size")
    expect(refused(blobs(2), { fsLayers: [], history: [] })).toContain('no FSLayers in manifest')
  })

  it('has the version 1, said or not (S2-77)', () => {
    for (const schemaVersion of [null, undefined])
      expect(read(blobs(1), { schemaVersion }).layers).toHaveLength(1)
    for (const schemaVersion of [0, 2, '1']) expect(refused(blobs(1), { schemaVersion })).toContain('schema')
  })

  it("'fsLayers' and 'history' have different size in manifest (S0-37)", () => {
    for (const history of [[], [{ v1Compatibility: '{}' }], null, undefined])
      expect(refused(blobs(2), { history })).toContain(
        "'fsLayers' and 'history' have different size in manifest",
      )
  })

  it('empty fsLayers or empty history (S0-38)', () => {
    expect(refused([])).toContain('no FSLayers in manifest')
    expect(refused(blobs(1), { fsLayers: [] })).toContain('have different size')
    expect(refused(blobs(1), { history: [] })).toContain('have different size')
  })

  it('a blobSum without a colon, and a v1Compatibility that is not JSON (S0-39)', () => {
    const [entry] = blobs(1)
    expect(refused([{ ...entry!, blob: 'sha256' as never }])).toContain('blobSum')
    expect(refused(blobs(1), { history: [{ v1Compatibility: 'not JSON' }] })).toContain(
      'history[0].v1Compatibility',
    )
    expect(refused(blobs(1), { history: [{ v1Compatibility: '[]' }] })).toContain('v1Compatibility')
  })

  it('every id is 64 lower-case hexadecimal digits (S4-09)', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            '../../etc',
            idOf('a').toUpperCase(),
            `${idOf('a')}0`,
            idOf('a').slice(1),
            `${idOf('a')}\n`,
          ),
        ),
        (id) => {
          expect(refused([{ blob: someDigest('x'), v1: { id } }])).toContain('is invalid')
        },
      ),
      { numRuns: 100 },
    )
    for (const id of [null, 7, undefined])
      expect(refused([{ blob: someDigest('x'), v1: { id } }])).toContain('id')
  })

  it('the base has no parent, except on Windows (S4-10)', () => {
    const [base, top] = blobs(2)
    const parent = idOf('somewhere else')
    expect(refused([{ ...base!, v1: { parent } }, top!])).toContain(
      'Invalid parent ID in the base layer of the image',
    )
    const windows = [
      { ...base!, v1: { parent } },
      { ...top!, v1: { os: 'windows' } },
    ]
    expect(read(windows).layers).toHaveLength(2)
    expect(read([{ ...base!, v1: { parent: '' } }, top!]).layers).toHaveLength(2)
  })

  it('an id that comes back after another (S4-11)', () => {
    const [a, b, c] = blobs(3)
    const id = idOf('layer 0')
    const entries = [a!, b!, { ...c!, v1: { id, parent: idOf('layer 1') } }]
    expect(refused(entries)).toContain(`ID ${id} appears multiple times in manifest`)
  })

  it('an id that occurs twice in a row makes one layer: the upper one goes, its history with it (S4-12, S0-41)', () => {
    const [a, b, c, d] = blobs(4)
    const id = idOf('layer 1')
    const repeated = { ...c!, v1: { id, parent: id, comment: 'the upper one' } }
    const image = read([a!, b!, repeated, repeated, { ...d!, v1: { parent: id } }])
    expect(image.layers.map(({ digest }) => digest)).toEqual([a!.blob, b!.blob, d!.blob])
    expect(image.history.map(({ comment }) => comment)).toEqual([undefined, undefined, undefined])
  })

  it('each parent is the next id (S4-13)', () => {
    const [a, b] = blobs(2)
    const foreignId = idOf('a stranger')
    expect(refused([a!, { ...b!, v1: { parent: foreignId } }])).toContain(
      `Invalid parent ID. Expected ${idOf('layer 0')}, got ${foreignId}.`,
    )
    expect(refused([a!, { ...b!, v1: { parent: '' } }])).toContain('Invalid parent ID. Expected')
  })

  it('throwaway entries make no layer, and empty-layer history (S2-77, S4-14)', () => {
    const [a, b, c] = blobs(3)
    const image = read([a!, { ...b!, v1: { throwaway: true, author: 'me', comment: 'CMD' } }, c!])
    expect(image.layers.map(({ digest }) => digest)).toEqual([a!.blob, c!.blob])
    expect(image.history.map((entry) => entry.empty_layer)).toEqual([undefined, true, undefined])
    expect(image.history[1]).toEqual({
      created: '2015-04-17T22:01:13.062208605Z',
      author: 'me',
      created_by: '/bin/sh -c step 1 && <more>',
      comment: 'CMD',
      empty_layer: true,
    })
    expect(refused([{ ...a!, v1: { throwaway: true } }])).toContain('the image has no layer')
  })

  it('the config is made of the topmost entry (S4-15)', () => {
    const [a, b] = blobs(2)
    const { top } = read([
      { ...a!, v1: { config: { Cmd: ['base'] } } },
      { ...b!, v1: topConfig },
    ])
    expect(top).toMatchObject({ id: idOf('layer 1'), ...topConfig })
  })

  it('a config that cannot be made is an error, and told before any layer is asked for (S4-16)', () => {
    const [a, b] = blobs(2)
    const error = failure(() => read([a!, { ...b!, v1: { Config: { Env: [] } } }]))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('"Config"')
    expect(error.message).toContain(reference)
    // The same field in a lower entry is no error, because only the topmost entry becomes a config.
    expect(read([{ ...a!, v1: { Config: { Env: [] } } }, b!]).layers).toHaveLength(2)
  })

  it('threats 5: refuses v1 configs that Go would read otherwise', () => {
    for (const v1 of [{ Throwaway: true }, { ID: idOf('x') }, { PARENT: '' }])
      expect(refused([{ blob: someDigest('x'), v1 }])).toContain('differs only in case from a known key')
    const twice = `{"id":"${idOf('a')}","id":"${idOf('b')}"}`
    expect(refused(blobs(1), { history: [{ v1Compatibility: twice }] })).toContain('occurs twice')
  })
})
