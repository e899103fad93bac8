/** Indexes as tools wrote them, and entries in them that nobody asks for. */
import { mediaTypes } from '../../../lib/image/media-types.js'
import { casesOf } from '../case.js'
import type { CaseHost, Members } from '../case-host.js'

const index = casesOf('indexes')

const amd64 = { os: 'linux', architecture: 'amd64' }
const vouched = 'the digest of the entry vouches for the bytes'
const unasked = 'an entry that nobody asked for spoils nothing'

/** An index with one good entry, changed by `members`. */
const entry = (
  id: string,
  what: string,
  why: string,
  members: Members,
  { warns = false }: { warns?: boolean } = {},
) =>
  index(`index-entry-${id}`, `an index whose entry ${what}`, { why, warns }, (host) => {
    const image = host.image({ tag: null })
    host.index([{ ...image, platform: amd64, ...members }])
    return { picks: image.digest }
  })

/** An index with a good entry and one more, before it or behind it. */
const beside = (
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
      const image = host.image({ tag: null })
      const good = { ...image, platform: amd64 }
      const entries = [other(host), good]
      host.index(last ? entries.reverse() : entries)
      return { picks: image.digest }
    },
  )

const manifestType = mediaTypes.ociManifest
const hex = (pair: string, bytes: number): string => pair.repeat(bytes)
const arm64 = { os: 'linux', architecture: 'arm64' }

const entries = [
  entry(
    'size-too-small',
    'says a size that is too small',
    vouched,
    { size: 101 },
    {
      warns: true,
    },
  ),
  entry(
    'size-too-large',
    'says a size that is too large',
    vouched,
    { size: 4321 },
    {
      warns: true,
    },
  ),
  entry('size-zero', 'says a size of 0', vouched, { size: 0 }, { warns: true }),
  entry(
    'other-type',
    "has the media type of Docker's manifest",
    vouched,
    { mediaType: mediaTypes.dockerManifest },
    {
      warns: true,
    },
  ),
  entry('x86-64', 'has the architecture `x86_64`', 'it is amd64 in another spelling', {
    platform: { os: 'linux', architecture: 'x86_64' },
  }),
  entry('upper-case-os', 'has the os `Linux`', 'it is linux in another spelling', {
    platform: { os: 'Linux', architecture: 'AMD64' },
  }),
  entry('platform-empty', 'has a platform of ""', 'the only image is the one that is meant', {
    platform: { os: '', architecture: '' },
  }),
  entry('without-platform', 'has no platform', 'the only image is the one that is meant', {
    platform: undefined,
  }),
  entry('platform-null', 'has a platform that is null', 'null says as much as a field that is absent', {
    platform: null,
  }),
  entry(
    'nulls',
    'has `urls`, `annotations`, `data`, `artifactType` and platform features that are null',
    'null says as much as a field that is absent',
    {
      ...{ urls: null, annotations: null, data: null, artifactType: null },
      platform: { ...amd64, variant: null, 'os.version': null, 'os.features': null, features: null },
    },
  ),
  entry('variant', 'has the variant `v1`', 'that is what amd64 without a variant is', {
    platform: { ...amd64, variant: 'v1' },
  }),
  entry('features', 'has features and a version of its os', 'they ask nothing of who did not ask for them', {
    platform: { ...amd64, features: ['sse4'], 'os.version': '5.10', 'os.features': ['a'] },
  }),
  entry('unknown-fields', 'has members that nobody knows', 'unknown members are passed over', {
    ...{ sizeUncompressed: 7, origin: { a: null } },
    platform: { ...amd64, vendor: 'example' },
  }),
  entry(
    'without-media-type',
    'has no media type, and is asked for',
    vouched,
    { mediaType: undefined },
    {
      warns: true,
    },
  ),
]

const indexesThemselves = [
  index(
    'index-without-schema-version',
    'an index without `schemaVersion`',
    { why: vouched, warns: true },
    (host) => {
      const image = host.image({ tag: null })
      host.index([{ ...image, platform: amd64 }], { schemaVersion: undefined })
      return { picks: image.digest }
    },
  ),
  index('index-without-media-type', 'an OCI index without `mediaType`', { why: vouched }, (host) => {
    const image = host.image({ tag: null })
    host.index([{ ...image, platform: amd64 }], { mediaType: undefined, annotations: null, subject: null })
    return { picks: image.digest }
  }),
  index(
    'index-same-twice',
    'an index that has one manifest twice',
    { why: 'both are the same image' },
    (host) => {
      const image = host.image({ tag: null })
      host.index([
        { ...image, platform: amd64 },
        { ...image, platform: { ...amd64, variant: 'v2' } },
      ])
      return { picks: image.digest }
    },
  ),
  index(
    'index-twins',
    'an index with two images of one platform',
    { why: 'the first is taken, as others take it' },
    (host) => {
      const first = host.image({ tag: null })
      const second = host.image({ tag: null, layers: [host.layer(host.layerOf('twin'))] })
      host.index([
        { ...first, platform: amd64 },
        { ...second, platform: amd64 },
      ])
      return { picks: first.digest }
    },
  ),
  index('index-nested', 'an index in an index', { why: 'image-spec allows it' }, (host) => {
    const image = host.image({ tag: null })
    const inner = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [{ ...image, platform: amd64 }],
    }
    host.index([host.document(null, inner, mediaTypes.ociIndex)])
    return { picks: image.digest }
  }),
  index(
    'index-docker-list',
    "Docker's manifest list over OCI manifests",
    { why: vouched, warns: false },
    (host) => {
      const image = host.image({ tag: null })
      const mediaType = mediaTypes.dockerManifestList
      host.index([{ ...image, platform: amd64 }], { mediaType }, mediaType)
      return { picks: image.digest }
    },
  ),
  index(
    'index-empty',
    'an index without entries',
    { right: 'PLATFORM_UNMATCHED', why: 'there is no image in it' },
    (host) => {
      host.index([])
    },
  ),
  index(
    'index-null',
    'an index whose `manifests` are null',
    { right: 'PLATFORM_UNMATCHED', why: 'there is no image in it' },
    (host) => {
      host.index(null)
    },
  ),
  index(
    'index-windows-alone',
    'an index that has Windows images alone',
    { right: 'PLATFORM_UNMATCHED', why: 'no image of it runs here' },
    (host) => {
      host.index([
        {
          ...host.image({ tag: null }),
          platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' },
        },
      ])
    },
  ),
  index(
    'index-chosen-blake3',
    'an index whose fitting entry has a digest of blake3',
    { right: 'DIGEST_INVALID', why: 'nobody here can verify it' },
    (host) => {
      const image = host.image({ tag: null })
      host.index([{ ...image, digest: `blake3:${hex('0b', 32)}`, platform: amd64 }])
    },
  ),
]

const neighbours = [
  beside(
    'attestation',
    "BuildKit's attestation",
    (host) => ({
      ...host.document(null, attestation(host), manifestType),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }),
    {},
  ),
  beside(
    'blake3',
    'an entry whose digest is of blake3',
    () => ({
      ...{ mediaType: manifestType, digest: `blake3:${hex('0c', 32)}`, size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'upper-case-digest',
    'an entry whose digest is in upper case',
    () => ({
      ...{ mediaType: manifestType, digest: `sha256:${hex('AB', 32)}`, size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'short-digest',
    'an entry whose digest is too short',
    () => ({
      ...{ mediaType: manifestType, digest: 'sha256:abcd', size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'without-digest',
    'an entry without a digest',
    () => ({
      ...{ mediaType: manifestType, size: 500, platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'without-media-type',
    'an entry without a media type',
    (host) => ({
      ...host.image({ tag: null, config: { architecture: 'arm64' } }),
      ...{ mediaType: undefined, platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'empty-media-type',
    'an entry whose media type is ""',
    (host) => ({
      ...host.image({ tag: null, config: { architecture: 'arm64' } }),
      ...{ mediaType: '', platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'platform-of-nothing',
    'an entry with `platform: {}`',
    (host) => ({
      ...host.document(null, attestation(host), manifestType),
      platform: {},
    }),
    { warns: true },
  ),
  beside(
    'platform-without-os',
    'an entry whose platform has no `os`',
    (host) => ({
      ...host.document(null, attestation(host), manifestType),
      platform: { architecture: 'arm64' },
    }),
    { warns: true },
  ),
  beside(
    'size-below-zero',
    'an entry with a size below zero',
    (host) => ({
      ...host.image({ tag: null, config: { architecture: 'arm64' } }),
      ...{ size: -1, platform: arm64 },
    }),
    { warns: true },
  ),
  beside(
    'size-fraction',
    'an entry whose size is a fraction',
    (host) => ({
      ...host.image({ tag: null, config: { architecture: 'arm64' } }),
      ...{ size: 1.5, platform: arm64 },
    }),
    { warns: true },
  ),
  beside('null', 'an entry that is null', () => null, { warns: true }),
  beside('string', 'an entry that is a string', () => 'see the docs', { warns: true }),
  beside(
    'helm-chart',
    'a Helm chart',
    (host) => ({
      ...host.document(
        null,
        {
          schemaVersion: 2,
          mediaType: manifestType,
          config: host.blob(Buffer.from('{"name":"case"}'), 'application/vnd.cncf.helm.config.v1+json'),
          layers: [host.blob(Buffer.from('chart'), 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
        },
        manifestType,
      ),
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
    }),
    { last: true },
  ),
  beside('unknown-type', 'an entry of a media type that nobody knows', (host) => ({
    ...host.blob(Buffer.from('{}'), 'application/vnd.example.thing.v1+json'),
    platform: arm64,
  })),
  beside('schema1', 'a schema 1 manifest of another platform', () => ({
    ...{
      mediaType: mediaTypes.dockerSchema1Signed,
      digest: `sha256:${hex('0d', 32)}`,
      size: 500,
      platform: arm64,
    },
  })),
  beside(
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
  const layer = host.blob(statement, 'application/vnd.in-toto+json')
  const config = {
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  }
  return {
    schemaVersion: 2,
    mediaType: manifestType,
    config: host.blob(Buffer.from(JSON.stringify(config)), mediaTypes.ociConfig),
    layers: [{ ...layer, annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' } }],
  }
}

export const indexCases = [...entries, ...indexesThemselves, ...neighbours]
