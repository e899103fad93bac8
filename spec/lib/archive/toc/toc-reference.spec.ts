import { describe, expect, it } from 'vitest'
import { tocReferenceOf } from '../../../../lib/archive/toc/toc-reference.js'
import { recordedLayers } from '../../../../testbench/toc/recorded.js'

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const stargz = 'containerd.io/snapshot/stargz/toc.digest'
const containers = 'io.github.containers.zstd-chunked.manifest-'
const snapshotter = 'io.containers.zstd-chunked.manifest-'
const of = (annotations: Record<string, string>, size = 1_000) => tocReferenceOf({ annotations, size })

describe('the reference to a table of contents', () => {
  it('is undefined without annotations', () => {
    expect(tocReferenceOf({ size: 5 })).toBeUndefined()
    expect(of({ 'org.opencontainers.image.title': 'x' })).toBeUndefined()
    expect(of({ [`${containers}position`]: '1:2:3:1' })).toBeUndefined()
    expect(
      of(JSON.parse(`{"__proto__": {"${stargz}": "${digest}"}}`) as Record<string, string>),
    ).toBeUndefined()
  })

  it('is read from annotations of eStargz', () => {
    expect(of({ [stargz]: digest })).toEqual({ format: 'estargz', tocDigest: digest })
    expect(tocReferenceOf(recordedLayers['eStargz of ctr-remote'])).toMatchObject({ format: 'estargz' })
  })

  it('is read from annotations of zstd:chunked, with either prefix', () => {
    const expected = { format: 'zstd:chunked', offset: 10, length: 20, size: 30, checksum: digest }
    const annotations = (prefix: string) => ({
      [`${prefix}checksum`]: digest,
      [`${prefix}position`]: '10:20:30:1',
    })
    expect(of(annotations(containers))).toEqual({ ...expected, tocDigest: undefined })
    expect(of({ ...annotations(snapshotter), [stargz]: other })).toEqual({ ...expected, tocDigest: other })
  })

  it.each([
    ['its digest is malformed', { [stargz]: 'sha256:1' }],
    ['its checksum is not a digest', { [`${containers}checksum`]: 'x' }],
    ['its position is malformed', { [`${containers}checksum`]: digest }],
    ...[
      '10:20:30',
      '10:20:30:2',
      '-1:20:30:1',
      '10:0:30:1',
      '10:20:30:1:1',
      '1e3:20:30:1',
      ' 10:20:30:1',
    ].map((position) => [
      'its position is malformed',
      { [`${containers}checksum`]: digest, [`${containers}position`]: position },
    ]),
    [
      'its position is outside of the layer',
      { [`${snapshotter}checksum`]: digest, [`${snapshotter}position`]: '990:11:30:1' },
    ],
  ] as [string, Record<string, string>][])('has a problem: %s', (problem, annotations) => {
    expect(of(annotations)).toEqual({ problem })
  })
})
