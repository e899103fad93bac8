/** Cases of indexes that tools have written. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import type { ErrorCode } from '../../../lib/errors.js'
import { casesOf } from '../case.js'
import type { Members } from '../case-host.js'

const index = casesOf('indexes')

const amd64 = { os: 'linux', architecture: 'amd64' }
const vouched = 'the digest of the entry vouches for the bytes'

/** An index with one valid entry, changed by `members`. */
const entry = (
  id: string,
  what: string,
  why: string,
  members: Members,
  { warns = false }: { warns?: boolean } = {},
) =>
  index(`index-entry-${id}`, `an index whose entry ${what}`, { why, warns }, (host) => {
    const image = host.putImage({ tag: null })
    host.putIndex([{ ...image, platform: amd64, ...members }])
    return { picks: image.digest }
  })

const hex = (pair: string, bytes: number): string => pair.repeat(bytes)

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
]

/** An index whose only entry cannot be used. */
const unusable = (id: string, what: string, expected: ErrorCode, why: string, members: Members) =>
  index(`index-${id}`, `an index whose only entry ${what}`, { expected, why }, (host) => {
    host.putIndex([{ ...host.putImage({ tag: null }), platform: amd64, ...members }])
  })

const unusables = [
  unusable(
    'chosen-without-media-type',
    'has no media type',
    'MANIFEST_INVALID',
    'it does not say what it leads to',
    {
      mediaType: undefined,
    },
  ),
  unusable(
    'chosen-platform-empty',
    'has a platform of ""',
    'PLATFORM_UNMATCHED',
    'what it runs on is not said',
    {
      platform: { os: '', architecture: '' },
    },
  ),
  unusable(
    'chosen-platform-of-nothing',
    'has `platform: {}`',
    'MANIFEST_INVALID',
    'what it runs on is not said',
    {
      platform: {},
    },
  ),
  unusable('chosen-blake3', 'has a digest of blake3', 'UNSUPPORTED', 'nobody here can verify it', {
    digest: `blake3:${hex('0b', 32)}`,
  }),
  unusable(
    'chosen-size-below-zero',
    'has a size below zero',
    'MANIFEST_INVALID',
    'nothing bounds what is read',
    {
      size: -1,
    },
  ),
]

const indexesThemselves = [
  index(
    'index-without-schema-version',
    'an index without `schemaVersion`',
    { why: vouched, warns: true },
    (host) => {
      const image = host.putImage({ tag: null })
      host.putIndex([{ ...image, platform: amd64 }], { schemaVersion: undefined })
      return { picks: image.digest }
    },
  ),
  index('index-without-media-type', 'an OCI index without `mediaType`', { why: vouched }, (host) => {
    const image = host.putImage({ tag: null })
    host.putIndex([{ ...image, platform: amd64 }], { mediaType: undefined, annotations: null, subject: null })
    return { picks: image.digest }
  }),
  index(
    'index-same-twice',
    'an index that has one manifest twice',
    { why: 'both are the same image' },
    (host) => {
      const image = host.putImage({ tag: null })
      host.putIndex([
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
      const first = host.putImage({ tag: null })
      const second = host.putImage({ tag: null, layers: [host.putLayer(host.layerOf('twin'))] })
      host.putIndex([
        { ...first, platform: amd64 },
        { ...second, platform: amd64 },
      ])
      return { picks: first.digest }
    },
  ),
  index('index-nested', 'an index in an index', { why: 'image-spec allows it' }, (host) => {
    const image = host.putImage({ tag: null })
    const inner = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [{ ...image, platform: amd64 }],
    }
    host.putIndex([host.putDocument(null, inner, mediaTypes.ociIndex)])
    return { picks: image.digest }
  }),
  index(
    'index-docker-list',
    "Docker's manifest list over OCI manifests",
    { why: vouched, warns: false },
    (host) => {
      const image = host.putImage({ tag: null })
      const mediaType = mediaTypes.dockerManifestList
      host.putIndex([{ ...image, platform: amd64 }], { mediaType }, mediaType)
      return { picks: image.digest }
    },
  ),
  index(
    'index-empty',
    'an index without entries',
    { expected: 'PLATFORM_UNMATCHED', why: 'there is no image in it' },
    (host) => {
      host.putIndex([])
    },
  ),
  index(
    'index-null',
    'an index whose `manifests` are null',
    { expected: 'PLATFORM_UNMATCHED', why: 'there is no image in it' },
    (host) => {
      host.putIndex(null)
    },
  ),
  index(
    'index-windows-alone',
    'an index that has Windows images alone',
    { expected: 'PLATFORM_UNMATCHED', why: 'no image of it runs here' },
    (host) => {
      host.putIndex([
        {
          ...host.putImage({ tag: null }),
          platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' },
        },
      ])
    },
  ),
]

export const indexCases = [...entries, ...unusables, ...indexesThemselves]
