/** Results of the peers' tests for manifests and indexes. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import type { Peer } from '../peer.js'
import { type Row, type Table, agreeingRows, differingRows, refused } from '../row.js'
import {
  type Difference,
  type Document,
  type Fields,
  type Line,
  config,
  digestOf,
  dockerImage,
  dockerIndex,
  dockerList,
  dockerManifest,
  image,
  index,
  nameless,
  namelessIndex,
  ociIndex,
  ociManifest,
  schema1,
  without,
} from './documents.js'

const alone = 'A `history` alone does not make a document schema 1; unknown members are ignored.'
const plain = { contentType: 'text/plain' }

const libs: Row<Document>[] = [
  ...agreeingRows('container-libs', [
    ['Docker schema 2', { body: dockerManifest, ...plain }, dockerImage],
    ['a Docker manifest list', { body: dockerIndex, ...plain }, dockerList],
    ['Docker schema 1, unsigned', { body: schema1, ...plain }, 'schema 1'],
    [
      'a schemaVersion that nobody knows',
      { body: { schemaVersion: 99999, name: 'a/b', tag: 'latest' } },
      refused,
    ],
    ['no JSON', { body: 'this is not JSON', ...plain }, refused],
    ['an OCI manifest', { body: ociManifest(), ...plain }, image],
    ['an OCI index', { body: ociIndex(), ...plain }, index],
    ['an OCI manifest without its media type', { body: nameless, ...plain }, image],
    ['an OCI index without its media type', { body: namelessIndex, ...plain }, index],
    ...['fsLayers', 'manifests'].map((field): Line => [
      `an OCI manifest with ${field}`,
      { body: ociManifest({ [field]: [] }) },
      refused,
    ]),
    ...['config', 'fsLayers', 'layers'].flatMap((field): Line[] => [
      [`an OCI index with ${field}`, { body: ociIndex({ [field]: [] }) }, refused],
      [`a Docker manifest list with ${field}`, { body: { ...dockerIndex, [field]: [] } }, refused],
    ]),
  ]),
  ...differingRows('container-libs', [
    [
      'Docker schema 2 without its media type',
      { body: without(dockerManifest, 'mediaType'), ...plain },
      dockerImage,
      image,
      'What names no type is taken for OCI’s; both are read alike.',
    ],
    [
      'an OCI manifest with an empty digest of the config',
      { body: ociManifest({ config: { ...config, digest: '', size: 0 }, layers: null }), ...plain },
      image,
      refused,
      'Only its type is guessed there; without a digest the config names nothing.',
    ],
    ['an OCI manifest with history', { body: ociManifest({ history: [] }) }, refused, image, alone],
    ['an OCI index with history', { body: ociIndex({ history: [] }) }, refused, index, alone],
    [
      'a Docker manifest list with history',
      { body: { ...dockerIndex, history: [] } },
      refused,
      dockerList,
      alone,
    ],
  ] satisfies Difference[]),
]

const both = { ...nameless, ...namelessIndex }

const regclient: Row<Document>[] = [
  ...agreeingRows('regclient', [
    ['an empty body', { body: '' }, refused],
    ['Docker schema 2', { body: dockerManifest, contentType: mediaTypes.dockerManifest }, dockerImage],
    ['a Docker manifest list', { body: dockerIndex, contentType: mediaTypes.dockerManifestList }, dockerList],
    ['an OCI manifest', { body: ociManifest(), contentType: mediaTypes.ociManifest }, image],
    ['an OCI index', { body: ociIndex(), contentType: mediaTypes.ociIndex }, index],
    ['an OCI manifest without any type', { body: nameless }, image],
    ['an OCI index without any type', { body: namelessIndex }, index],
    ['a digest that the body has not', { body: dockerManifest, otherDigest: true }, refused],
    [
      'an index with a charset in its header',
      { body: ociIndex(), contentType: `${mediaTypes.ociIndex}; charset=utf-8` },
      index,
    ],
  ] satisfies Line[]),
  ...differingRows('regclient', [
    [
      'image and index in one, said to be an image',
      { body: both, descriptorType: mediaTypes.ociManifest },
      image,
      refused,
      'It would be another thing for another reader (CVE-2021-41190).',
    ],
    [
      'image and index in one, said to be an index',
      { body: both, descriptorType: mediaTypes.ociIndex },
      index,
      refused,
      'It would be another thing for another reader (CVE-2021-41190).',
    ],
    [
      'an OCI manifest whose descriptor says index, with the right digest',
      { body: ociManifest(), descriptorType: mediaTypes.ociIndex },
      refused,
      image,
      'The digest says that it is the document that was meant; a warning tells of the other type.',
    ],
  ] satisfies Difference[]),
]

/** A document without its own media type. distribution requires one if the header has a Docker type. */
const typed = (body: Fields, contentType: string): Document => ({ body, contentType })
const mistyped = (peer: Peer): Row<Document>[] =>
  agreeingRows(peer, [
    [
      'an index, `XXX` behind its type',
      typed(ociIndex({ mediaType: `${mediaTypes.ociIndex}XXX` }), mediaTypes.ociIndex),
      refused,
    ],
    [
      'an OCI manifest, `XXX` behind its type',
      typed(ociManifest({ mediaType: `${mediaTypes.ociManifest}XXX` }), mediaTypes.ociManifest),
      refused,
    ],
    [
      'Docker schema 2, `XXX` behind its type',
      typed({ ...dockerManifest, mediaType: `${mediaTypes.dockerManifest}XXX` }, mediaTypes.dockerManifest),
      refused,
    ],
    [
      'a Docker manifest list, `XXX` behind its type',
      typed(
        { ...dockerIndex, mediaType: `${mediaTypes.dockerManifestList}XXX` },
        mediaTypes.dockerManifestList,
      ),
      refused,
    ],
  ])

const filledIn = 'The header and the fields say the same; the missing type is filled in with a warning.'

const distribution: Row<Document>[] = [
  ...mistyped('distribution'),
  ...agreeingRows('distribution', [
    ['an index without its type', typed({ ...namelessIndex, mediaType: '' }, mediaTypes.ociIndex), index],
    ['an index', typed(ociIndex(), mediaTypes.ociIndex), index],
    [
      'an OCI manifest without its type',
      typed({ ...nameless, mediaType: '' }, mediaTypes.ociManifest),
      image,
    ],
    ['an OCI manifest', typed(ociManifest(), mediaTypes.ociManifest), image],
    ['an index where a manifest is said to be', typed(namelessIndex, mediaTypes.ociManifest), refused],
    ['a manifest where an index is said to be', typed(nameless, mediaTypes.ociIndex), refused],
  ] satisfies Line[]),
  ...differingRows('distribution', [
    [
      'Docker schema 2 without its type',
      typed({ ...dockerManifest, mediaType: '' }, mediaTypes.dockerManifest),
      refused,
      dockerImage,
      filledIn,
    ],
    [
      'a Docker manifest list without its type',
      typed({ ...dockerIndex, mediaType: '' }, mediaTypes.dockerManifestList),
      refused,
      dockerList,
      filledIn,
    ],
  ] satisfies Difference[]),
]

const ggcr: Row<Document>[] = [
  ...agreeingRows('ggcr', [
    ['half an object', { body: '{' }, refused],
    ['a digest that is too short', { body: { config: { digest: 'sha256:deadbeed' } } }, refused],
  ] satisfies Line[]),
  ...differingRows('ggcr', [
    ['{}', { body: {} }, image, refused, 'Nothing in it says what it is.'],
    [
      'a config with only a digest',
      { body: { config: { digest: digestOf('d') } } },
      image,
      refused,
      'Without its size, a config cannot be told from one that is cut off.',
    ],
  ] satisfies Difference[]),
]

export const manifests: Table<Document> = {
  title: 'Manifests and indexes',
  about:
    'The input is a document and what its header and descriptor say; the meaning is what it is taken for.',
  rows: [...libs, ...regclient, ...distribution, ...ggcr],
}
