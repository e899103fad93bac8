/** Results of the peers' tests for image configs. */
import { type Table, agreeingRows, differingRows, refused } from '../row.js'

type Fields = Readonly<Record<string, unknown>>

const taken = 'taken'
const rootfs: Fields = { diff_ids: [`sha256:${'5'.repeat(64)}`], type: 'layers' }
const plain: Fields = { architecture: 'amd64', os: 'linux', rootfs }

const unneeded =
  'A pull does not need the member, and the digest verifies the document. A warning reports it.'

type Line = readonly [label: string, given: unknown, meaning: string]
type Difference = readonly [label: string, given: unknown, theirs: string, ours: string, because: string]

export const configs: Table<unknown> = {
  title: 'Image configs',
  about: 'The input is an image config; the meaning is whether it is taken.',
  rows: [
    ...agreeingRows<unknown>('image-spec', [
      ['no JSON', 'invalid JSON', refused],
      [
        'optional fields',
        {
          ...plain,
          created: '2015-10-31T22:22:56.015925234Z',
          variant: 'v8',
          config: {
            User: '1:1',
            Env: ['FOO=bar'],
            ExposedPorts: { '8080/tcp': {} },
            Volumes: { '/var/a': {} },
          },
          history: [{ created_by: 'CMD ["sh"]', empty_layer: true }],
        },
        taken,
      ],
      ['only what is required', plain, taken],
    ] satisfies Line[]),
    ...differingRows<unknown>('image-spec', [
      [
        'an os that is a number',
        { ...plain, os: 123 },
        refused,
        taken,
        'The index or the user says which system it is for; a warning tells of it.',
      ],
      ['a variant that is a number', { ...plain, variant: 123 }, refused, taken, unneeded],
      ['a User that is a number', { ...plain, config: { User: 1234 } }, refused, taken, unneeded],
      ['a history that is text', { ...plain, history: 'should be an array' }, refused, taken, unneeded],
      ['an Env of numbers', { ...plain, config: { Env: [7353] } }, refused, taken, unneeded],
      ['Volumes that are a list', { ...plain, config: { Volumes: ['/var/a'] } }, refused, taken, unneeded],
      ['an Env without an equals sign', { ...plain, config: { Env: ['foo'] } }, refused, taken, unneeded],
    ] satisfies Difference[]),
    ...agreeingRows<unknown>('ggcr', [
      ['{}', {}, taken],
      ['half an object', '{', refused],
    ] satisfies Line[]),
  ],
}
