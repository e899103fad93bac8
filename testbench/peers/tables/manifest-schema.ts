/** Results of image-spec's tests for manifests, indexes and their descriptors. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { type Row, type Table, agreeingRows, differingRows, refused } from '../row.js'
import {
  type Difference,
  type Document,
  type Fields,
  type Line,
  child,
  config,
  digestOf,
  image,
  index,
  layer,
  ociIndex,
  ociManifest,
  without,
} from './documents.js'

const foreign = `sha256+b64:${'c'.repeat(64)}`
const leftOut =
  'An invalid entry that is not requested does not make an index invalid; it is ignored with a warning.'
const unneeded = 'The member is not needed, and the digest verifies the document.'

/** Rows for manifests. */
const ofManifests: Row<Document>[] = [
  ...agreeingRows('image-spec', [
    [
      'a config with a size that is text',
      { body: ociManifest({ config: { ...config, size: '1470' } }) },
      refused,
    ],
    [
      'a layer with a size that is text',
      { body: ociManifest({ layers: [{ ...layer, size: '675598' }] }) },
      refused,
    ],
    [
      'annotations and three layers',
      { body: ociManifest({ layers: [layer, layer, layer], annotations: { key1: 'value1' } }) },
      image,
    ],
    ['only what is required', { body: ociManifest() }, image],
    ['a subject', { body: ociManifest({ subject: { ...child, platform: undefined } }) }, image],
    [
      'an algorithm with two separators in a row',
      { body: ociManifest({ config: { ...config, digest: `sha256+foo+-b:${'c'.repeat(64)}` } }) },
      refused,
    ],
    [
      'a config and a layer of another kind',
      {
        body: ociManifest({
          config: { ...config, mediaType: 'application/vnd.example.config+json' },
          layers: [{ ...layer, mediaType: 'application/vnd.example.data+type' }],
        }),
      },
      image,
    ],
    [
      'an artifactType and the empty config',
      {
        body: ociManifest({
          artifactType: 'application/vnd.example+type',
          config: { mediaType: mediaTypes.ociEmpty, size: 2, digest: digestOf('4') },
        }),
      },
      image,
    ],
  ] satisfies Line[]),
  ...differingRows('image-spec', [
    [
      'a config with the media type `invalid`',
      { body: ociManifest({ config: { ...config, mediaType: 'invalid' } }) },
      refused,
      image,
      'What it is, is decided when it is pulled: UNSUPPORTED names the type.',
    ],
    [
      'no layers',
      { body: ociManifest({ layers: [] }) },
      refused,
      image,
      'Docker, containerd, skopeo and crane pull images that have only a config.',
    ],
    [
      'a config with a digest of an unregistered algorithm',
      { body: ociManifest({ config: { ...config, digest: foreign } }) },
      image,
      refused,
      'What nobody can verify is not fetched.',
    ],
    ['a subject that is text', { body: ociManifest({ subject: '.nope' }) }, refused, image, unneeded],
  ] satisfies Difference[]),
]

/** Returns a manifest whose only layer has this descriptor. */
const asLayer = (descriptor: Fields): Document => ({ body: ociManifest({ layers: [descriptor] }) })
const long = '1'.repeat(127)
const anyType = 'The bytes of a layer tell what it is, whatever its type is called.'

const ofDescriptors: Row<Document>[] = [
  ...agreeingRows('image-spec', [
    ['a descriptor', asLayer(layer), image],
    ['a size of 0', asLayer({ ...layer, mediaType: 'application/octet-stream', size: 0 }), image],
    ['the longest media type', asLayer({ ...layer, mediaType: `${long}/${long}` }), image],
    ['no size', asLayer(without(layer, 'size')), refused],
    ['a size that is text', asLayer({ ...layer, size: '7682' }), refused],
    ['no digest', asLayer(without(layer, 'digest')), refused],
    ['a digest without an algorithm', asLayer({ ...layer, digest: `:${'a'.repeat(64)}` }), refused],
    ['a digest without a hash', asLayer({ ...layer, digest: 'sha256' }), refused],
    ['an algorithm in capitals', asLayer({ ...layer, digest: `SHA256:${'a'.repeat(64)}` }), refused],
    ['a hash in capitals', asLayer({ ...layer, digest: `sha256:${'A'.repeat(64)}` }), refused],
    ['a URL', asLayer({ ...layer, urls: ['https://example.com/foo'] }), image],
    ['an artifactType', asLayer({ ...layer, artifactType: mediaTypes.ociManifest }), image],
    ['data', asLayer({ ...layer, data: 'aHR0cHM6Ly9naXRodWIuY29tCg==' }), image],
    ['a size below zero', asLayer({ ...layer, size: -7682 }), refused],
  ] satisfies Line[]),
  ...differingRows('image-spec', [
    ['no media type', asLayer(without(layer, 'mediaType')), refused, image, anyType],
    [
      'a media type without a subtype',
      asLayer({ ...layer, mediaType: 'application' }),
      refused,
      image,
      anyType,
    ],
    [
      'a media type that begins with a dot',
      asLayer({ ...layer, mediaType: '.foo/bar' }),
      refused,
      image,
      anyType,
    ],
    [
      'a subtype that begins with a dot',
      asLayer({ ...layer, mediaType: 'foo/.bar' }),
      refused,
      image,
      anyType,
    ],
    ['a type of 128 characters', asLayer({ ...layer, mediaType: `${long}1/bar` }), refused, image, anyType],
    [
      'a subtype of 128 characters',
      asLayer({ ...layer, mediaType: `foo/${long}1` }),
      refused,
      image,
      anyType,
    ],
    ['a URL that is none', asLayer({ ...layer, urls: ['value'] }), refused, image, unneeded],
    [
      'an artifactType that is none',
      asLayer({ ...layer, artifactType: 'foo/.bar' }),
      refused,
      image,
      unneeded,
    ],
    [
      'data without its padding',
      asLayer({ ...layer, data: 'aHR0cHM6Ly9naXRodWIuY29tCg' }),
      refused,
      image,
      unneeded,
    ],
  ] satisfies Difference[]),
]

const listing = (...manifests: Fields[]): Document => ({ body: ociIndex({ manifests }) })

/** Rows for indexes. */
const ofIndexes: Row<Document>[] = [
  ...agreeingRows('image-spec', [
    [
      'two entries and annotations',
      { body: ociIndex({ manifests: [child, child], annotations: { a: 'b' } }) },
      index,
    ],
    ['an entry without a platform', listing(without(child, 'platform')), index],
    [
      'an entry of another media type',
      listing({ ...child, mediaType: 'application/customized.manifest+json' }),
      index,
    ],
    [
      'an artifactType, also of an entry',
      {
        body: ociIndex({
          artifactType: 'application/vnd.example+type',
          manifests: [child, { ...child, artifactType: 'application/vnd.example1+type' }],
        }),
      },
      index,
    ],
    ['an index with a subject', { body: ociIndex({ subject: { ...child, platform: undefined } }) }, index],
  ] satisfies Line[]),
  ...differingRows('image-spec', [
    [
      'an entry of the media type `invalid`',
      listing({ ...child, mediaType: 'invalid' }),
      refused,
      index,
      leftOut,
    ],
    ['an entry with an empty media type', listing({ ...child, mediaType: '' }), refused, index, leftOut],
    ['an entry with a size that is text', listing({ ...child, size: '7682' }), refused, index, leftOut],
    ['an entry without a digest', listing(without(child, 'digest')), refused, index, leftOut],
    [
      'an entry with a platform without an architecture',
      listing({ ...child, platform: { os: 'linux' } }),
      refused,
      index,
      leftOut,
    ],
    [
      'an index with a subject that is text',
      { body: ociIndex({ subject: 'nope' }) },
      refused,
      index,
      unneeded,
    ],
  ] satisfies Difference[]),
]

export const manifestSchema: Table<Document> = {
  title: 'Manifests and indexes by their schema',
  about:
    'The input is a document; the meaning is what it is taken for. The schema says what may be written; what may be read is ' +
    'more.',
  rows: [...ofManifests, ...ofDescriptors, ...ofIndexes],
}
