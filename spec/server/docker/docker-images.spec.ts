import { describe, expect, it } from 'vitest'
import { digestOf, formatPlatform, hostPlatform, parseReference } from '../../../lib/image/index.js'
import type { DescribedImage } from '../../../pipelines/index.js'
import { dockerImages, findImage, repoDigestsOf, repoTagsOf } from '../../../server/docker/docker-images.js'
import { list } from '../../../server/docker/image-list.js'
import { historyShape } from '../../../server/docker/image-shapes.js'

const digest = digestOf(Buffer.from('an index'))
const described = (entry: string, name: string | undefined, config = 'config', more: object = {}) =>
  ({
    ...{ entry, name, imageId: digestOf(Buffer.from(config)), platform: formatPlatform(hostPlatform()) },
    root: { mediaType: 'a/b', digest, size: 1 },
    manifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 },
    config: { created: '2024-01-01T00:00:00Z', rootfs: { type: 'layers', diff_ids: [] } },
    ...{ layers: [], size: 0 },
    ...more,
  }) as unknown as DescribedImage

describe('the images of a store as Docker sees them', () => {
  it('are grouped by their ids, with names, without any, and with others', () => {
    const [image, ...more] = dockerImages([
      described('1', 'quay.io/team/app:1'),
      described('2', `quay.io/team/app@${digest}`),
      described('3', undefined),
      described('4', digest),
      described('5', 'oci:dir'),
      described('6', 'Not A Name'),
    ])
    expect(more).toEqual([])
    expect(image!.names.map(({ entry }) => entry)).toEqual(['1', '2'])
    expect([image!.unnamed, image!.others]).toEqual([
      ['3', '4'],
      ['5', '6'],
    ])
    expect(repoTagsOf(image!)).toEqual(['quay.io/team/app:1'])
    expect(repoDigestsOf(image!)).toEqual([`quay.io/team/app@${digest}`])
  })

  it('are of an entry the one for this machine, or else the first', () => {
    const other = described('1', 'a:1', 'other', { platform: 'linux/s390x' })
    const own = described('1', 'a:1', 'own')
    expect(dockerImages([other, own]).map(({ id }) => id)).toEqual([own.imageId])
    const foreign = described('2', 'b:1', 'foreign', { platform: 'linux/riscv64' })
    expect(dockerImages([{ ...other, entry: '2' }, foreign]).map(({ id }) => id)).toEqual([other.imageId])
  })

  it('are found by id, name and the start of an id', () => {
    const images = dockerImages([
      described('1', 'docker.io/library/app:latest', 'one'),
      described('2', 'docker.io/library/app:2', 'two'),
      described('3', `quay.io/app@${digest}`, 'three'),
    ])
    const find = (word: string) => {
      const { found, names } = findImage(word, images)
      return [images.indexOf(found), names.map(({ entry }) => entry)]
    }
    expect(find('app')).toEqual([0, ['1']])
    expect(find('app:2')).toEqual([1, ['2']])
    expect(find(`app@${digest}`)).toEqual([0, ['1']])
    expect(find(`quay.io/app@${digest}`)).toEqual([2, ['3']])
    const { id } = images[1]!
    for (const word of [id, id.slice('sha256:'.length), id.slice('sha256:'.length, 20), id.slice(0, 20)])
      expect(find(word)).toEqual([1, []])
    for (const word of ['app:3', 'quay.io/app', id.slice('sha256:'.length, 10), 'Not A Name'])
      expect(() => findImage(word, images)).toThrow(expect.objectContaining({ status: 404 }))
    expect(() => findImage('Not A Name', images)).toThrow('No such image: Not A Name')
  })

  it('are found by an id although another image has it as its name', () => {
    const wanted = described('1', 'a:1', 'one')
    const images = dockerImages([described('2', `docker.io/library/${wanted.imageId}`, 'two'), wanted])
    expect(findImage(wanted.imageId, images)).toMatchObject({ found: { id: wanted.imageId }, names: [] })
  })

  it('are not found by the tag of a name with a digest, which was not resolved', () => {
    const images = dockerImages([described('1', `quay.io/app:1@${digest}`)])
    expect(() => findImage('quay.io/app:1', images)).toThrow(expect.objectContaining({ status: 404 }))
    expect(findImage(`quay.io/app@${digest}`, images).names).toHaveLength(1)
  })

  it('are not found by the start of several ids', () => {
    const [one, two] = ['abcd1', 'abcd2'].map((start) => `sha256:${start.padEnd(64, '0')}`)
    const images = dockerImages(
      [one, two].map((imageId, at) => described(`${at}`, undefined, '', { imageId })),
    )
    expect(() => findImage('abcd', images)).toThrow(expect.objectContaining({ status: 400 }))
    expect(findImage('abcd2', images).found.id).toBe(two)
  })
})

describe('the list of images', () => {
  it('has the latest first, and decides with all images what it keeps', () => {
    const at = (created: string) => ({ config: { created, rootfs: { type: 'layers', diff_ids: [] } } })
    const all = [
      described('1', 'a:1', 'one', at('2020-01-01T00:00:00Z')),
      described('2', 'b:1', 'two', at('2024-01-01T00:00:00Z')),
      described('3', 'c:1', 'three', at('invalid')),
    ]
    const order = { version: 51, manifests: false, sharedSize: false }
    const counts: number[] = []
    const items = list(all, { ...order, keep: (_, every) => counts.push(every.length) > 0 })
    expect(items.map(({ RepoTags: tags }) => tags)).toEqual([['b:1'], ['a:1'], ['c:1']])
    expect(items.at(-1)).toMatchObject({ Created: 0 })
    expect(counts).toEqual([3, 3, 3])
    expect(list(all, { ...order, keep: ({ names }) => names[0]!.entry === '2' })).toHaveLength(1)
  })
})

describe('the history of an image', () => {
  it('has the id and the tags at the latest step, and 0 for a time that is not known', () => {
    const image = described('1', 'a:1', 'one', {
      config: {
        rootfs: { type: 'layers', diff_ids: [] },
        history: [
          { created_by: 'first', empty_layer: true },
          { created: '2024-01-01T00:00:01Z', created_by: 'second', comment: 'why', empty_layer: true },
        ],
      },
    })
    const names = [{ entry: '1', reference: parseReference('a:1'), digest }]
    const found = { id: image.imageId, image, names, unnamed: [], others: [] }
    expect(historyShape(found, image)).toMatchObject([
      { Id: image.imageId, Tags: ['a:1'], Created: 1_704_067_201, CreatedBy: 'second', Comment: 'why' },
      { Id: '<missing>', Tags: null, Created: 0, CreatedBy: 'first', Size: 0 },
    ])
  })
})
