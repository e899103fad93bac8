import { describe, expect, it, vi } from 'vitest'
import { chainIDs } from '../../../lib/image/index.js'
import { filtersOf } from '../../../server/docker/filters.js'
import { diskUsage, pruneImages } from '../../../server/docker/prune.js'
import { removeImage } from '../../../server/docker/remove.js'
import { describedImage, digestFor, layerOf } from './described.js'

const [base, top] = [layerOf('base'), layerOf('top')]
const image = (entry: string, name: string | undefined, more: object = {}) =>
  describedImage(entry, name, { layers: [base, layerOf(`top of ${entry}`)], ...more })

type Described = ReturnType<typeof describedImage>

function partsOf(
  described: readonly Described[],
  { removed = [] as readonly object[], running = [] as readonly object[], outcomes = [] as object[] } = {},
) {
  const windlass = {
    content: { describe: vi.fn(() => Promise.resolve(described)) },
    removeAll: vi.fn<(entries: readonly string[]) => Promise<object[]>>(() => Promise.resolve(outcomes)),
    collect: vi.fn(() => Promise.resolve({ removed, bytes: 42 })),
  }
  const append = vi.fn()
  const parts = { windlass, book: { running }, feed: { append } } as never
  const prune = (filters: object = {}) =>
    pruneImages(filtersOf(JSON.stringify(filters), Object.keys(filters)), parts)
  const entries = () => windlass.removeAll.mock.calls.flatMap(([each]) => each)
  return { parts, windlass, append, prune, entries }
}
const all = { dangling: ['false'] }

describe('the images that are pruned', () => {
  it.each([
    [{}, ['dangling']],
    [{ dangling: ['1'] }, ['dangling']],
    [{ dangling: ['0'] }, ['dangling', 'tagged']],
    [all, ['dangling', 'tagged']],
    [{ ...all, until: ['1960-01-01T00:00:00Z'] }, []],
  ])('are those without a name, or all that pass the filters %j', async (filters, pruned) => {
    const { prune, entries } = partsOf([image('dangling', undefined), image('tagged', 'app:1')])
    await prune(filters)
    expect(entries()).toEqual(pruned)
  })

  it('are none with a name that Docker does not know, and none that a pull uses', async () => {
    const described = [image('layout', 'oci:dir'), image('used', 'app:1'), image('free', 'app:2')]
    const running = [{ id: 'p', snapshot: { reference: 'docker.io/library/app:1' } }]
    const { prune, entries } = partsOf(described, { running })
    await prune(all)
    expect(entries()).toEqual(['free'])
  })

  it('are named, and their layers that are gone by their chains, each once, then what no image had', async () => {
    const own = image('one', undefined)
    const [first, second] = own.layers
    const left = digestFor('left by a tag that moved')
    const removed = [
      { kind: 'layer', digest: second!.diffID },
      { kind: 'blob', digest: first!.digest },
      { kind: 'blob', digest: digestFor('a manifest') },
      { kind: 'layer', digest: left },
    ]
    const { prune } = partsOf([own], { removed })
    const [baseChain, topChain] = chainIDs([first!.diffID, second!.diffID])
    expect(await prune()).toEqual({
      ImagesDeleted: [own.imageId, topChain, baseChain, left].map((Deleted) => ({ Deleted })),
      SpaceReclaimed: 42,
    })
  })

  it('are null if there are none, and a layer of an image that stays is not listed', async () => {
    const stays = image('one', 'app:1')
    const removed = [{ kind: 'layer', digest: stays.layers[0]!.diffID }]
    expect(await partsOf([stays], { removed }).prune()).toEqual({ ImagesDeleted: null, SpaceReclaimed: 42 })
  })

  it('are none if there is no store yet; a store that cannot be collected is a failure', async () => {
    const empty = partsOf([])
    empty.windlass.collect.mockRejectedValue(new Error('no store'))
    expect(await empty.prune()).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 })
    const { windlass, prune } = partsOf([image('one', 'app:1')])
    windlass.collect.mockRejectedValue(new Error('locked'))
    await expect(prune()).rejects.toThrow('locked')
  })
})

describe('an image that is removed', () => {
  const options = { force: false, prune: true }
  const used = [{ id: 'p7', snapshot: { reference: 'docker.io/library/app:1' } }]

  it('is refused with its last name while a pull uses it, and only untagged with another one', async () => {
    const alone = partsOf([image('one', 'app:1')], { running: used })
    await expect(removeImage('app:1', { ...options, force: true }, alone.parts)).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('image is used by the running pull p7'),
    })
    expect(alone.entries()).toEqual([])
    const [one, two] = [image('one', 'app:1'), image('two', 'b:1', { imageId: image('one', '').imageId })]
    const named = partsOf([one, two], { running: used })
    expect(await removeImage('app:1', options, named.parts)).toEqual([{ Untagged: 'app:1' }])
    expect(named.entries()).toEqual(['one'])
    expect(named.windlass.collect).not.toHaveBeenCalled()
  })

  it('by its id is refused if repositories of several names have it, also by a digest, unless it is forced', async () => {
    const { imageId } = image('one', '')
    const names = ['app:1', `other@${digestFor('root')}`]
    const described = names.map((name, at) => image(`e${at}`, name, { imageId }))
    const { parts, entries } = partsOf(described)
    await expect(removeImage(imageId, options, parts)).rejects.toMatchObject({ status: 409 })
    expect(entries()).toEqual([])
    await removeImage(imageId, { ...options, force: true }, parts)
    expect(entries()).toEqual(['e0', 'e1'])
  })

  it('keeps its content with the last of its names if it has a foreign one', async () => {
    const { imageId } = image('one', '')
    const { parts, entries } = partsOf(
      ['app:1', 'oci:dir'].map((name, at) => image(`e${at}`, name, { imageId })),
    )
    expect(await removeImage('app:1', options, parts)).toEqual([{ Untagged: 'app:1' }])
    expect(entries()).toEqual(['e0'])
  })

  it('goes with its entries without a name and with foreign ones, by its id', async () => {
    const { imageId } = image('one', '')
    const described = ['app:1', undefined, 'oci:dir'].map((name, at) => image(`e${at}`, name, { imageId }))
    const { parts, entries, append } = partsOf(described)
    await removeImage(imageId, options, parts)
    expect(entries()).toEqual(['e0', 'e1', 'e2'])
    expect(append.mock.calls).toMatchObject([[{ type: 'images' }]])
  })

  it('says once which digest is untagged, and takes a digest along with the last tag of its repository', async () => {
    const root = { mediaType: 'a/b', digest: digestFor('root'), size: 1 }
    const { imageId } = image('one', '')
    const names = ['app:1', `app@${root.digest}`, `other@${root.digest}`, 'third:1']
    const described = names.map((name, at) => image(`e${at}`, name, { imageId, root }))
    const tagged = partsOf(described)
    expect(await removeImage('app:1', options, tagged.parts)).toEqual([{ Untagged: 'app:1' }])
    expect(tagged.entries()).toEqual(['e0', 'e1'])
    const second = partsOf([...described, image('e4', 'app:2', { imageId, root })])
    await removeImage('app:1', options, second.parts)
    expect(second.entries()).toEqual(['e0'])
    const whole = partsOf(described.slice(0, 2))
    const untagged = (await removeImage('app:1', options, whole.parts)).filter((each) => 'Untagged' in each)
    expect(untagged).toEqual([{ Untagged: 'app:1' }, { Untagged: `app@${root.digest}` }])
  })

  it('is a failure if an entry could not be removed', async () => {
    const { parts, append } = partsOf([image('one', 'app:1')], { outcomes: [{ error: new Error('locked') }] })
    await expect(removeImage('app:1', options, parts)).rejects.toThrow('locked')
    expect(append).not.toHaveBeenCalled()
  })
})

describe('the disk usage', () => {
  const described = [image('one', 'app:1'), describedImage('two', 'b:1', { layers: [base, top] })]
  const usage = (types: readonly string[]) => diskUsage(types, partsOf(described).parts)

  it('counts a layer of several images once, and says that no container uses them', async () => {
    const { LayersSize: size, Images: images } = await usage([])
    expect(size).toBe(3_000)
    expect(images).toMatchObject([
      { Containers: 0, SharedSize: 1_000 },
      { Containers: 0, SharedSize: 1_000 },
    ])
  })

  it.each([
    [['volume'], ['LayersSize', 'Volumes']],
    [
      ['container', 'image'],
      ['LayersSize', 'Images', 'Containers'],
    ],
    [['build-cache'], ['LayersSize', 'BuildCache']],
  ])('has what is asked for: %j', async (types, names) => {
    expect(Object.keys(await usage(types))).toEqual(names)
  })

  it('reads no image if none is asked for', async () => {
    const { parts, windlass } = partsOf(described)
    await diskUsage(['volume'], parts)
    expect(windlass.content.describe).not.toHaveBeenCalled()
  })
})
