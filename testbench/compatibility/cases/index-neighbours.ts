/** Cases of indexes that contain entries besides the requested image. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { casesOf } from '../case.js'
import type { CaseHost, Members } from '../case-host.js'

const index = casesOf('indexes')

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64' }
const unasked = 'an entry that nobody asked for spoils nothing'
const manifestType = mediaTypes.ociManifest
const hex = (pair: string, bytes: number): string => pair.repeat(bytes)

/** An index with a valid entry and another entry before or after it. */
const withNeighbour = (
  id: string,
  what: string,
  other: (host: CaseHost) => unknown,
  { warns = false, last = false }: { warns?: boolean; last?: boolean } = {},
) =>
  index(
    `index-beside-${id}`,
    `an index that has beside the image ${what}`,
    { why: unasked, warns },
    (host) => {
      const image = host.putImage({ tag: null })
      const good = { ...image, platform: amd64 }
      const entries = [other(host), good]
      host.putIndex(last ? entries.reverse() : entries)
      return { picks: image.digest }
    },
  )

export const neighbourCases = [
  withNeighbour(
    'attestation',
    "BuildKit's attestation",
    (host) => ({
      ...host.putDocument(null, attestation(host), manifestType),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }),
    {},
  ),
  withNeighbour(
    'blake3',
    'an entry whose digest is of blake3',
    () => ({
      ...{ mediaType: manifestType, digest: `blake3:${hex('0c', 32)}`, size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'upper-case-digest',
    'an entry whose digest is in upper case',
    () => ({
      ...{ mediaType: manifestType, digest: `sha256:${hex('AB', 32)}`, size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'short-digest',
    'an entry whose digest is too short',
    () => ({
      ...{ mediaType: manifestType, digest: 'sha256:abcd', size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'without-digest',
    'an entry without a digest',
    () => ({
      ...{ mediaType: manifestType, size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'without-media-type',
    'an entry without a media type',
    (host) => ({
      ...host.putImage({ tag: null, config: { architecture: 'arm64' } }),
      ...{ mediaType: undefined, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'empty-media-type',
    'an entry whose media type is ""',
    (host) => ({
      ...host.putImage({ tag: null, config: { architecture: 'arm64' } }),
      ...{ mediaType: '', platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'platform-of-nothing',
    'an entry with `platform: {}`',
    (host) => ({
      ...host.putDocument(null, attestation(host), manifestType),
      platform: {},
    }),
    { warns: true },
  ),
  withNeighbour(
    'platform-without-os',
    'an entry whose platform has no `os`',
    (host) => ({
      ...host.putDocument(null, attestation(host), manifestType),
      platform: { architecture: 'arm64' },
    }),
    { warns: true },
  ),
  withNeighbour(
    'size-below-zero',
    'an entry with a size below zero',
    (host) => ({
      ...host.putImage({ tag: null, config: { architecture: 'arm64' } }),
      ...{ size: -1, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour(
    'size-fraction',
    'an entry whose size is a fraction',
    (host) => ({
      ...host.putImage({ tag: null, config: { architecture: 'arm64' } }),
      ...{ size: 1.5, platform: arm64 },
    }),
    { warns: true },
  ),
  withNeighbour('null', 'an entry that is null', () => null, { warns: true }),
  withNeighbour('string', 'an entry that is a string', () => 'see the docs', { warns: true }),
  withNeighbour(
    'helm-chart',
    'a Helm chart',
    (host) => ({
      ...host.putDocument(
        null,
        {
          schemaVersion: 2,
          mediaType: manifestType,
          config: host.putBlob(Buffer.from('{"name":"case"}'), 'application/vnd.cncf.helm.config.v1+json'),
          layers: [host.putBlob(Buffer.from('chart'), 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
        },
        manifestType,
      ),
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
    }),
    { last: true },
  ),
  withNeighbour('unknown-type', 'an entry of a media type that nobody knows', (host) => ({
    ...host.putBlob(Buffer.from('{}'), 'application/vnd.example.thing.v1+json'),
    platform: arm64,
  })),
  withNeighbour('schema1', 'a schema 1 manifest of another platform', () => ({
    ...{
      mediaType: mediaTypes.dockerSchema1Signed,
      digest: `sha256:${hex('0d', 32)}`,
      size: 500,
      platform: arm64,
    },
  })),
  withNeighbour(
    'missing',
    'an entry whose manifest is not there',
    () => ({
      ...{ mediaType: manifestType, digest: `sha256:${hex('0e', 32)}`, size: 500, platform: arm64 },
    }),
    {},
  ),
]

function attestation(host: CaseHost): Members {
  const statement = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', predicate: {} }))
  const layer = host.putBlob(statement, 'application/vnd.in-toto+json')
  const config = {
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  }
  return {
    schemaVersion: 2,
    mediaType: manifestType,
    config: host.putBlob(Buffer.from(JSON.stringify(config)), mediaTypes.ociConfig),
    layers: [{ ...layer, annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' } }],
  }
}
