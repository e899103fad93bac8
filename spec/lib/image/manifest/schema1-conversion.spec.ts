import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/digest/digest.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import { convertSchema1 } from '../../../../lib/image/manifest/schema1-conversion.js'
import { readSchema1 } from '../../../../lib/image/schema1/image.js'
import type { Schema1Manifest } from '../../../../lib/image/schema1/manifest.js'
import { failure } from '../../../support/image/failure.js'
import {
  type Schema1Entry,
  idOf,
  schema1Payload,
  someDigest,
  topConfig,
} from '../../../../testbench/documents/schema1-images.js'

const entries: readonly Schema1Entry[] = [
  { blob: someDigest('base') },
  { blob: someDigest('empty'), v1: { throwaway: true, created: undefined, container_config: undefined } },
  { blob: someDigest('top'), v1: { ...topConfig, parent_id: idOf('x'), layer_id: someDigest('y') } },
]
const read = (from: readonly Schema1Entry[], more: object = {}) =>
  readSchema1(JSON.parse(schema1Payload(from, more).toString()) as Schema1Manifest, 'old')

const seen = ['base', 'top'].map((name) => ({
  descriptor: {
    mediaType: mediaTypes.ociLayerGzip,
    digest: someDigest(name),
    size: name.length,
    annotations: {},
  },
  diffID: someDigest(`${name}, unpacked`),
}))

describe('convertSchema1', () => {
  const { document, config } = convertSchema1(read(entries), seen, 'old')

  it('makes the config of History[0], the whole history and the diffIDs, as Docker writes it (S4-14, S4-15)', () => {
    const created = '2015-04-17T22:01:13.062208605Z'
    const history =
      `[{"created":"${created}","created_by":"/bin/sh -c step 0 \\u0026\\u0026 \\u003cmore\\u003e"},` +
      `{"empty_layer":true},` +
      `{"created":"${created}","created_by":"/bin/sh -c step 2 \\u0026\\u0026 \\u003cmore\\u003e"}]`
    expect(config.bytes.toString()).toBe(
      '{"architecture":"amd64",' +
        '"config":{"Env":["PATH=/bin","A=\\u003cb\\u003e\\u0026c"],"Cmd":["/hello"]},' +
        '"container_config":{"Cmd":["/bin/sh","-c","step 2 \\u0026\\u0026 \\u003cmore\\u003e"]},' +
        `"created":"${created}","docker_version":"1.9.1","history":${history},"os":"linux",` +
        `"rootfs":{"type":"layers","diff_ids":${JSON.stringify(seen.map(({ diffID }) => diffID))}}}`,
    )
    expect(config.config.config?.Cmd).toEqual(['/hello'])
    expect(config.diffIDs).toEqual(seen.map(({ diffID }) => diffID))
  })

  it('references the config and the layers in an OCI manifest (S2-26)', () => {
    expect(JSON.parse(document.bytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config.bytes), size: config.bytes.length },
      layers: seen.map(({ descriptor: { mediaType, digest, size } }) => ({ mediaType, digest, size })),
    })
    expect(document.descriptor.digest).toBe(digestOf(document.bytes))
  })

  it('always returns the same bytes', () => {
    const again = convertSchema1(read(entries), seen, 'another name of it')
    expect(again.document.bytes.equals(document.bytes)).toBe(true)
  })

  it('uses linux and the architecture of the manifest if the v1 config has none', () => {
    const [base] = entries
    const of = (more: object, v1: Schema1Entry['v1'] = {}) => {
      const image = read([{ ...base!, v1 }], more)
      const { os, architecture } = convertSchema1(image, seen.slice(0, 1), 'old').config.config
      return `${os}/${architecture}`
    }
    expect(of({ architecture: 'arm' })).toBe('linux/arm')
    expect(of({ architecture: undefined })).toBe('linux/amd64')
    expect(of({ architecture: 'arm' }, { os: '', architecture: '' })).toBe('linux/arm')
    expect(of({ architecture: 'arm' }, { os: 'freebsd', architecture: 'ppc64le' })).toBe('freebsd/ppc64le')
  })

  it('rejects layers that do not match the history (C7)', () => {
    expect(failure(() => convertSchema1(read(entries), seen.slice(1), 'old')).code).toBe('ROOTFS_MISMATCH')
  })
})
