import { describe, expect, it } from 'vitest'
import type { ImageSummary } from '../../../pipelines/index.js'
import { StoreView } from '../../../server/store-view/store-view.js'

const layer = (digest: string, size: number) => ({ digest, size })
const [base, one, two] = [layer('base', 100), layer('one', 10), layer('two', 1)]
const summary = (entry: string, layers: readonly object[], more: object = {}) =>
  ({ entry, layers, ...more }) as unknown as ImageSummary

function viewOf(
  images: readonly ImageSummary[],
  { collect = () => Promise.resolve({ bytes: 7 }), running = [] as object[] } = {},
) {
  const dryRuns: unknown[] = []
  const windlass = {
    images: () => Promise.resolve(images),
    collect: (options: unknown) => {
      dryRuns.push(options)
      return collect()
    },
  }
  const parts = { windlass, book: { running } } as unknown as ConstructorParameters<typeof StoreView>[0]
  return { view: new StoreView(parts), dryRuns }
}

describe('the images of a store', () => {
  it('have the bytes that they share, and those that only one of them needs', async () => {
    const { view, dryRuns } = viewOf([summary('a', [base, one, one]), summary('b', [base, two])])
    const shown = await view.images()
    expect(shown).toMatchObject({ size: 111, sizeUnshared: 211, unneeded: 7 })
    expect(shown.images.map(({ onlyHere }) => onlyHere)).toEqual([10, 1])
    expect(dryRuns).toEqual([{ dryRun: true }])
  })

  it('need no collection if there are none, and survive one that fails', async () => {
    const { view, dryRuns } = viewOf([])
    expect(await view.images()).toEqual({ images: [], size: 0, sizeUnshared: 0, unneeded: 0 })
    expect(dryRuns).toEqual([])
    const failing = viewOf([summary('a', [base])], { collect: () => Promise.reject(new Error('locked')) })
    expect((await failing.view.images()).unneeded).toBe(0)
  })

  it('have what is known of them, and the pulls that use them', async () => {
    const known = {
      ...{ name: 'app:1', digest: 'd', imageId: 'i', platform: 'linux/amd64', mediaType: 'm' },
      ...{ size: 0, lastUsedAt: 0, problem: 'damaged' },
    }
    const running = [
      { id: '1', snapshot: { reference: 'app:1' } },
      { id: '2', snapshot: { reference: 'app:2' } },
    ]
    const { view } = viewOf([summary('a', [base], known), summary('b', [])], { running })
    const [full, bare] = (await view.images()).images
    expect(full).toEqual({ entry: 'a', ...known, usedBy: ['1'], layers: [base], onlyHere: 100 })
    expect(bare).toEqual({ entry: 'b', usedBy: [], layers: [], onlyHere: 0 })
  })

  it('have layers, by the name, what the user typed, or the entry', async () => {
    const { view } = viewOf([summary('a', [base, one], { name: 'docker.io/app:1', typed: 'app:1' })])
    for (const image of ['a', 'docker.io/app:1', 'app:1'])
      expect(await view.layersOf(image)).toEqual(['base', 'one'])
    await expect(view.layersOf('app')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
  })
})
