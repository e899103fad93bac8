import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ManifestDocument,
  type ManifestInput,
  parseManifest,
} from '../../../../lib/image/manifest/parse-manifest.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { digestOf, parseDigest } from '../../../../lib/image/digest/digest.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import {
  bytesOf,
  descriptor,
  dockerList,
  dockerManifest,
  readFixture,
  ociIndex,
  ociManifest,
  schema1,
  schema1Payload,
  addSignatures,
} from '../../../../testbench/documents/documents.js'
import { failure, tolerant } from '../../../support/image/failure.js'
import { cpuTimeSince } from '../../../support/cpu-time.js'

const about = { host: 'registry.test', reference: 'registry.test/app:1' }

const decide = (body: unknown, contentType?: string, more: Partial<ManifestInput> = {}): ManifestDocument =>
  parseManifest({ bytes: Buffer.isBuffer(body) ? body : bytesOf(body), contentType, ...about, ...more })

const refused = (body: unknown, contentType?: string, more?: Partial<ManifestInput>) =>
  failure(() => decide(body, contentType, more))

const omit = (value: object, field: string): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== field))

describe('parseManifest', () => {
  it.each([
    [mediaTypes.ociManifest, ociManifest, 'image'],
    [mediaTypes.dockerManifest, dockerManifest, 'image'],
    [mediaTypes.ociIndex, ociIndex, 'index'],
    [mediaTypes.dockerManifestList, dockerList, 'index'],
    [mediaTypes.dockerSchema1, schema1, 'schema1'],
    [mediaTypes.dockerSchema1Signed, schema1, 'schema1'],
  ])('%s (S0-20, S0-35, S2-17)', (type, body, kind) => {
    const document = decide(body, type)
    expect(document).toMatchObject({ kind, decidedBy: 'content-type' })
    expect(document.descriptor).toEqual({
      mediaType: type,
      digest: digestOf(bytesOf(body)),
      size: bytesOf(body).length,
    })
    expect(document.bytes).toEqual(bytesOf(body))
  })

  it.each(['; charset=utf-8', ';charset="x;y"', ' ; a=b'])(
    'ignores parameters: %j (C2, S0-19, S2-15)',
    (end) => {
      const type = mediaTypes.dockerManifest
      expect(decide(dockerManifest, type + end)).toMatchObject({ kind: 'image', decidedBy: 'content-type' })
      expect(decide(dockerManifest, type.toUpperCase() + end).descriptor.mediaType).toBe(type)
    },
  )

  it.each([
    undefined,
    '',
    'application/json',
    'text/plain; charset=utf-8',
    'application/octet-stream',
    'no/',
    '???',
  ])('with the type %j the body decides: its mediaType, then its shape (C2, S0-17, S0-18, S2-16)', (type) => {
    expect(decide(ociManifest, type)).toMatchObject({ kind: 'image', decidedBy: 'media-type' })
    expect(decide(dockerList, type)).toMatchObject({ kind: 'index', decidedBy: 'media-type' })
    expect(decide(schema1, type)).toMatchObject({ kind: 'schema1', decidedBy: 'shape' })
    for (const [body, kind, mediaType] of [
      [ociManifest, 'image', mediaTypes.ociManifest],
      [ociIndex, 'index', mediaTypes.ociIndex],
    ] as const) {
      const document = decide(omit(body, 'mediaType'), type)
      expect(document).toMatchObject({ kind, decidedBy: 'shape', descriptor: { mediaType } })
    }
  })

  it('rejects a missing type with strictContentType (S0-17)', () => {
    for (const type of [undefined, '', 'nonsense'])
      expect(refused(ociManifest, type, { strictContentType: true }).message).toContain(
        'No Content-Type present',
      )
    expect(decide(ociManifest, 'application/json', { strictContentType: true }).kind).toBe('image')
  })

  it.each(['text/html', 'application/x-unheard-of'])(
    'rejects a body with the mediaType %s, and one that has only such a header (S0-21)',
    (type) => {
      for (const error of [refused({ x: 1 }, type), refused({ ...ociManifest, mediaType: type })]) {
        expect(error.code).toBe('MANIFEST_UNSUPPORTED')
        expect(error.exitCode).toBe(8)
        expect(error.message).toContain(`Unsupported manifest MIME type: ${type}`)
      }
    },
  )

  it.each([
    ['application/vnd.oci.artifact.manifest.v1+json', 'an OCI artifact manifest'],
    ['application/vnd.cncf.helm.config.v1+json', 'a Helm chart'],
  ])('says in words what a body of the type %s is (S0-21)', (type, what) => {
    const error = refused({ ...ociManifest, mediaType: type })
    expect(error).toMatchObject({ code: 'UNSUPPORTED', exitCode: 8 })
    expect(error.message).toContain(`is not a container image, but ${what} (${type})`)
  })

  it.each(['text/html', 'application/x-unheard-of'])(
    'uses the mediaType of a document despite the header %s, with a notice',
    (type) => {
      for (const body of [ociManifest, dockerManifest, omit(ociManifest, 'mediaType'), ociIndex]) {
        const { notices, decidedBy } = decide(body, type)
        expect(notices.join()).toContain(
          `the Content-Type ${type} is not that of a manifest; the document decides`,
        )
        expect(decidedBy).not.toBe('content-type')
      }
    },
  )

  it('uses the mediaType of a document if the header is that of the other family, with a notice', () => {
    const { descriptor, decidedBy, notices } = decide(ociManifest, mediaTypes.dockerManifest)
    expect(descriptor.mediaType).toBe(mediaTypes.ociManifest)
    expect(decidedBy).toBe('media-type')
    expect(notices).toEqual([
      `the Content-Type is ${mediaTypes.dockerManifest}, but its mediaType is ${mediaTypes.ociManifest}; ` +
        'the document decides',
    ])
  })

  it('uses the mediaType of a document with the requested digest, whatever the header', () => {
    for (const body of [ociIndex, omit(ociIndex, 'mediaType')]) {
      const expected = { digest: digestOf(bytesOf(body)) }
      const { kind, notices } = decide(body, mediaTypes.ociManifest, { expected })
      expect(kind).toBe('index')
      expect(notices.join()).toContain(`the Content-Type is ${mediaTypes.ociManifest}, but it`)
    }
  })

  it('rejects a header of another kind than the body if no digest is expected, and names both (C2, C5, S0-36)', () => {
    const wrong = refused(ociIndex, mediaTypes.ociManifest)
    expect(wrong.code).toBe('MANIFEST_INVALID')
    expect(wrong.message).toContain(mediaTypes.ociManifest)
    expect(wrong.message).toContain(mediaTypes.ociIndex)
    const shape = refused(omit(ociIndex, 'mediaType'), mediaTypes.ociManifest)
    expect(shape.message).toContain(
      `the Content-Type is ${mediaTypes.ociManifest}, but it has the manifests of an index`,
    )
    const own = refused({ ...ociIndex, mediaType: mediaTypes.ociManifest })
    expect(own.message).toContain(`its mediaType is ${mediaTypes.ociManifest}, but it has the`)
    expect(refused(dockerManifest, mediaTypes.dockerSchema1).code).toBe('MANIFEST_INVALID')
  })

  it.each([
    { ...ociManifest, manifests: [] },
    { ...ociIndex, layers: [] },
    { ...ociIndex, config: descriptor(mediaTypes.ociConfig) },
    { ...ociManifest, fsLayers: schema1.fsLayers },
    { ...omit(ociManifest, 'mediaType'), manifests: ociIndex.manifests },
  ])('refuses a body that is two things at once, whoever says which (CVE-2021-41190) %# (C2)', (body) => {
    for (const type of [undefined, mediaTypes.ociManifest, mediaTypes.ociIndex])
      expect(refused(body, type).code).toBe('MANIFEST_INVALID')
  })

  it('assumes the mediaType of a Docker document from the header, with a notice; an OCI document may lack it (S0-45)', () => {
    const { descriptor, notices } = decide(omit(dockerManifest, 'mediaType'), mediaTypes.dockerManifest)
    expect(descriptor.mediaType).toBe(mediaTypes.dockerManifest)
    expect(notices).toEqual([`mediaType: it is missing; ${mediaTypes.dockerManifest} is assumed`])
    expect(decide(omit(ociManifest, 'mediaType'), mediaTypes.ociManifest).notices).toEqual([])
  })

  it('rejects bytes without the requested digest before any other check (S2-20)', () => {
    const digest = digestOf(bytesOf(ociManifest))
    expect(decide(ociManifest, undefined, { expected: { digest } }).descriptor.digest).toBe(digest)
    for (const body of [dockerManifest, Buffer.from('not json'), addSignatures(schema1Payload)]) {
      const error = refused(body, 'text/html', { expected: { digest } })
      expect(error.code).toBe('DIGEST_MISMATCH')
      expect(error.message).toContain(`manifest verification failed for digest ${digest}`)
      expect(error.subject).toEqual({ ...about, digest })
    }
  })

  it('returns the requested digest, in its algorithm, of the bytes as received (S2-19, S2-41)', () => {
    const bytes = Buffer.from(`  ${JSON.stringify(ociManifest)}\n`)
    const digest = digestOf(bytes, 'sha512')
    expect(decide(bytes, undefined, { expected: { digest } }).descriptor).toMatchObject({
      digest,
      size: bytes.length,
    })
  })

  it('accepts bytes with the digest of the descriptor despite another size and media type, with a notice', () => {
    const bytes = bytesOf(ociManifest)
    const [size, digest] = [bytes.length, digestOf(bytes)]
    for (const expected of [{ size }, { size, digest }, { mediaType: mediaTypes.ociManifest, digest }])
      expect(decide(ociManifest, undefined, { expected }).notices).toEqual([])
    const wrong = { size: size + 1, mediaType: mediaTypes.ociIndex }
    expect(decide(ociManifest, undefined, { expected: { ...wrong, digest } })).toMatchObject({
      kind: 'image',
      descriptor: { size, digest, mediaType: mediaTypes.ociManifest },
      notices: [
        `its descriptor states ${size + 1} bytes, but it has ${size} bytes`,
        `its descriptor says "${mediaTypes.ociIndex}", but it is ${mediaTypes.ociManifest}`,
      ],
    })
    const other = { ...wrong, digest: digestOf(Buffer.from('other')) }
    expect(refused(ociManifest, undefined, { expected: other }).code).toBe('SIZE_MISMATCH')
  })

  it('accepts either type of schema 1 for the other without a notice, and no other type', () => {
    const expecting = (body: object, mediaType: string): readonly string[] =>
      decide(body, undefined, { expected: { digest: digestOf(bytesOf(body)), mediaType } }).notices
    expect(expecting(schema1, mediaTypes.dockerSchema1Signed)).toEqual([])
    expect(expecting(schema1, mediaTypes.dockerSchema1.toUpperCase())).toEqual([])
    for (const mediaType of [mediaTypes.dockerSchema1, mediaTypes.dockerSchema1Signed])
      expect(expecting(ociManifest, mediaType)).toEqual([
        `its descriptor says "${mediaType}", but it is ${mediaTypes.ociManifest}`,
      ])
  })

  it('identifies a signed schema 1 manifest by the digest of its payload (S3-03, S4-17)', () => {
    const digest = digestOf(Buffer.from(schema1Payload))
    const bytes = addSignatures(schema1Payload, 2)
    for (const expected of [undefined, { digest }]) {
      const document = decide(bytes, mediaTypes.dockerSchema1Signed, { expected })
      expect(document).toMatchObject({ kind: 'schema1', schema1, descriptor: { digest, size: bytes.length } })
    }
  })

  it('uses nothing outside of the signed payload', () => {
    const bytes = Buffer.from(
      addSignatures(schema1Payload).toString().replace(/\n\}$/, ',\n   "extra": 1\n}'),
    )
    const document = decide(bytes, mediaTypes.dockerSchema1)
    expect(document).toMatchObject({ kind: 'schema1', schema1: { name: 'library/busybox' } })
    expect(JSON.stringify(document)).not.toContain('"extra"')
  })

  it('requires the signed payload to be a schema 1 manifest', () => {
    const tail = `,"FsLayers":[]}`
    const bytes = addSignatures(schema1Payload, 1, { formatTail: Buffer.from(tail).toString('base64url') })
    expect(refused(bytes, mediaTypes.dockerSchema1Signed).message).toContain('"FsLayers"')
    const list = addSignatures(schema1Payload, 1, {
      formatLength: 0,
      formatTail: Buffer.from('[]').toString('base64url'),
    })
    expect(refused(list, mediaTypes.dockerSchema1Signed).message).toContain('expected an object')
  })

  it('rejects a signed payload inside a manifest of another kind', () => {
    const honest = JSON.stringify(omit(ociManifest, 'layers'), undefined, 3)
    const evil = addSignatures(honest)
      .toString()
      .replace('"signatures"', `"layers": ${JSON.stringify(ociManifest.layers)},\n"signatures"`)
    const digest = digestOf(Buffer.from(honest))
    expect(refused(Buffer.from(evil), mediaTypes.ociManifest, { expected: { digest } }).code).toBe(
      'DIGEST_MISMATCH',
    )
  })

  it('says that an empty manifest does not exist (S2-12, S4-05)', () => {
    const error = refused(Buffer.alloc(0), mediaTypes.ociManifest)
    expect(error.code).toBe('MANIFEST_UNKNOWN')
    expect(error.message).toContain('image manifest does not exist for tag or digest')
  })

  it('rejects more than 4 MiB', () => {
    const padded = (length: number): Buffer =>
      Buffer.concat([bytesOf(ociManifest), Buffer.alloc(length, ' ')], length)
    expect(decide(padded(4 * 1024 * 1024)).kind).toBe('image')
    expect(refused(padded(4 * 1024 * 1024 + 1)).code).toBe('LIMIT_EXCEEDED')
  })

  it('accepts an index with the maximum number of entries, but not with more', () => {
    const limits = { ...defaultLimits, indexEntries: 3 }
    const listing = (count: number): object => ({
      ...ociIndex,
      manifests: Array.from({ length: count }, () => ociIndex.manifests[0]),
    })
    expect(decide(listing(3), undefined, { limits }).kind).toBe('index')
    expect(refused(listing(4), undefined, { limits })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('indexEntries') as string,
    })
  })

  it('returns at most a thousand notices for a document', () => {
    const listing = (count: number): object => ({ ...ociIndex, manifests: new Array(count).fill(3) })
    expect(decide(listing(999)).notices).toHaveLength(999)
    expect(decide(listing(1_001)).notices).toHaveLength(1_000)
  })

  it('names what it failed to parse (S0-33)', () => {
    const error = refused(Buffer.from('{"a":'), mediaTypes.dockerManifest)
    expect(error.message).toContain('Failed to parse the manifest JSON')
    expect(error.message).toContain(about.reference)
    expect(refused([1, 2]).code).toBe('MANIFEST_INVALID')
    expect(refused({}).code).toBe('MANIFEST_INVALID')
    expect(refused('text').code).toBe('MANIFEST_INVALID')
  })

  it('names the schema and the path (S0-22)', () => {
    const layers = [dockerManifest.layers[0], { ...dockerManifest.layers[0], digest: 'sha256:zz' }]
    const two = refused({ ...dockerManifest, layers }, mediaTypes.dockerManifest)
    expect(two.message).toContain('schema 2 manifest')
    expect(two.message).toMatch(/layers\[1\]\.digest: expected a digest.*, got "sha256:zz"/)
    const one = refused({ ...schema1, fsLayers: [{ blobSum: 'x' }] }, mediaTypes.dockerSchema1)
    expect(one.message).toContain('schema 1 manifest')
    expect(one.message).toContain('fsLayers[0].blobSum')
  })

  it('requires the schema version to be a number, and that of its kind (S0-34, S0-35, S2-77)', () => {
    expect(refused({ ...ociManifest, schemaVersion: '2' }).message).toContain(
      'Failed to find manifest schema version',
    )
    expect(refused({ ...ociManifest, schemaVersion: 1 }).message).toContain(
      'schemaVersion: expected 2, got 1',
    )
    for (const body of [ociIndex, ociManifest, dockerManifest])
      for (const without of [omit(body, 'schemaVersion'), { ...body, schemaVersion: null }])
        expect(decide(without).notices).toEqual(['schemaVersion: it is missing; 2 is assumed'])
    expect(refused({ ...schema1, schemaVersion: 2 }).message).toContain('schemaVersion: expected 1, got 2')
  })

  it('rejects keys that Go would accept in another case', () => {
    expect(refused({ ...ociManifest, Layers: [] }).message).toContain('"Layers"')
    expect(refused({ ...ociManifest, ['layer\u017f']: [] }).code).toBe('MANIFEST_INVALID')
    const [layer] = ociManifest.layers
    expect(refused({ ...ociManifest, layers: [{ ...layer, Digest: 'x' }] }).message).toContain('"Digest"')
    expect(decide({ ...ociManifest, unheardOf: 1 }).kind).toBe('image')
  })

  it('reads the manifest of the article, whose config has no type of its own (S2-21, S2-22)', () => {
    const bytes = readFixture('schema2-manifest.json')
    const document = decide(bytes, mediaTypes.dockerManifest)
    if (document.kind !== 'image') throw new Error(document.kind)
    const { config, layers } = document.manifest
    expect(config).toMatchObject({ mediaType: 'application/octet-stream', size: 1756 })
    expect(layers.map(({ size }) => size)).toEqual([224153958, 32, 32, 10289])
    expect(layers[1]?.digest).toBe(
      parseDigest('sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4'),
    )
    expect(document.bytes).toEqual(bytes)
  })

  it('throws only WindlassErrors, for any bytes and any JSON in these shapes', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(...Object.values(ociManifest), ...ociIndex.manifests),
    )
    const field = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'config',
      'layers',
      'manifests',
      'fsLayers',
      'signatures',
    )
    const body = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.dictionary(field, value).map(bytesOf),
      fc.tuple(field, value).map(([key, one]) => bytesOf({ ...ociManifest, [key]: one })),
    )
    fc.assert(
      fc.property(body, fc.constantFrom(undefined, ...Object.values(mediaTypes)), (bytes, type) => {
        const document = tolerant(() => decide(bytes, type))
        if (document !== undefined) expect(document.descriptor.size).toBe(bytes.length)
      }),
      { numRuns: 1000 },
    )
  })

  it('reports one error for millions of invalid items', () => {
    const zeros = '0,'.repeat(2_000_000)
    const begun = process.cpuUsage()
    expect(refused(Buffer.from(`{"schemaVersion":2,"manifests":[${zeros}0]}`)).code).toBe('LIMIT_EXCEEDED')
    const layers = Buffer.from(JSON.stringify({ ...ociManifest, layers: [] }).replace('[]', `[${zeros}0]`))
    const image = refused(layers, undefined, { limits: { manifestBytes: 2 ** 24, indexEntries: 20_000 } })
    expect(image.message).toContain('layers[0]: expected a descriptor, got 0')
    expect(cpuTimeSince(begun)).toBeLessThan(3_000)
  })
})
