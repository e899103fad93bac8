/** Results of the peers' tests for image layouts on disk. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { type Table, agreeingRows, differingRows, refused } from '../row.js'

export interface LayoutEntry {
  /** Content of the blob, which is also the meaning if the blob is found. */
  readonly content: string
  readonly name?: string
  readonly mediaType?: string
  /** Whether the blob is a link to a file with this content. */
  readonly linked?: true
}

export interface LayoutCase {
  /** Entries of `index.json`. A string is written unchanged; undefined means that the file does not exist. */
  readonly index: readonly LayoutEntry[] | string | undefined
  /** Content of `oci-layout` (the current version). */
  readonly header?: string
  readonly asked: string
}

const named: readonly LayoutEntry[] = [
  { content: 'A', name: 'a', mediaType: mediaTypes.ociIndex },
  { content: 'B', name: 'b' },
  { content: 'C', name: 'c', mediaType: mediaTypes.dockerManifestList },
  { content: 'D', name: 'd', mediaType: mediaTypes.dockerManifest },
  { content: 'E', name: 'invalid-mime', mediaType: 'x/y' },
]

type Line = readonly [label: string, given: LayoutCase, meaning: string]
type Difference = readonly [label: string, given: LayoutCase, theirs: string, ours: string, because: string]

export const layouts: Table<LayoutCase> = {
  title: 'Layouts',
  about:
    'The input is a layout and the name that is asked for in it; the meaning is the manifest that is found.',
  rows: [
    ...agreeingRows('container-libs', [
      ['no index.json', { index: undefined, asked: '' }, refused],
      ['the only image, whatever its name', { index: [{ content: 'A', name: 'v0.1.1' }], asked: '' }, 'A'],
      ['no name among two images', { index: [{ content: 'A' }, { content: 'B' }], asked: '' }, refused],
      ...['a', 'b', 'c', 'd'].map((name): Line => [
        `${name} among five`,
        { index: named, asked: name },
        name.toUpperCase(),
      ]),
      ...['A', 'B'].map((content, at): Line => [
        `@${at} among two`,
        { index: [{ content: 'A' }, { content: 'B' }], asked: `@${at}` },
        content,
      ]),
      ['@6 among two', { index: [{ content: 'A' }, { content: 'B' }], asked: '@6' }, refused],
      ['a name that is not there', { index: named, asked: 'this-does-not-exist' }, refused],
    ]),
    ...differingRows('container-libs', [
      [
        'a name whose entry has another media type',
        { index: named, asked: 'invalid-mime' },
        refused,
        'E',
        'The digest vouches for the document, whose own bytes decide what it is.',
      ],
    ] satisfies Difference[]),
    ...agreeingRows('ggcr', [
      ['no directory', { index: undefined, asked: 'a' }, refused],
      ['a blob', { index: [{ content: 'A' }], asked: '' }, 'A'],
      ['a link instead of a blob', { index: [{ content: 'A', linked: true }], asked: '' }, refused],
    ] satisfies Line[]),
    ...agreeingRows('regclient', [
      ['an empty index', { index: [], asked: 'tag-a' }, refused],
      [
        'the name of the second entry',
        { index: [{ content: 'A' }, { content: 'B', name: 'tag-b' }], asked: 'tag-b' },
        'B',
      ],
    ] satisfies Line[]),
    ...differingRows('regclient', [
      [
        'a tag of which the whole reference is written',
        {
          index: [
            { content: 'A', name: 'tag-a' },
            { content: 'C', name: 'example.com/repo:tag-c' },
          ],
          asked: 'tag-c',
        },
        'C',
        refused,
        'Two references may end in one tag; the name is asked for as it is written, and the error lists the names.',
      ],
    ] satisfies Difference[]),
    ...agreeingRows('oras-go', [
      ['an index that is no JSON', { index: 'this is not JSON', asked: '' }, refused],
    ] satisfies Line[]),
    ...differingRows('oras-go', [
      [
        'an oci-layout that is no JSON',
        { index: [{ content: 'A' }], header: 'this is not JSON', asked: '' },
        refused,
        'A',
        'The index and the digests say all that is needed.',
      ],
    ] satisfies Difference[]),
    ...agreeingRows('image-spec', [
      [
        'the version 1.0.0',
        { index: [{ content: 'A' }], header: '{"imageLayoutVersion":"1.0.0"}', asked: '' },
        'A',
      ],
    ] satisfies Line[]),
    ...differingRows('image-spec', [
      [
        'a version that is not text',
        { index: [{ content: 'A' }], header: '{"imageLayoutVersion":1.0.0}', asked: '' },
        refused,
        'A',
        'The index and the digests say all that is needed.',
      ],
    ] satisfies Difference[]),
  ],
}
