/** The picture of what images share. */
import { expect, it } from 'vitest'
import type { StoredImage } from '../../../lib/api/shapes.js'
import { placeBlocks, sharingOf } from '../../../ui/facts/sharing.js'

const image = (name: string, layers: string): StoredImage => ({
  ...{ entry: name, name, onlyHere: 0, usedBy: [] },
  layers: [...layers.matchAll(/\w/g)].map(([digest]) => ({ digest, size: 1_000_000 })),
})

it('puts images with the same base together, otherwise in the given order', () => {
  const { images } = sharingOf([image('a', 'dx'), image('b', 'ux'), image('c', 'dy'), image('d', 'd')])
  expect(images.map(({ name }) => name)).toEqual(['d', 'a', 'c', 'b'])
})

it('makes one block of a layer for all rows that have it above the same base', () => {
  const { blocks } = sharingOf([image('a', 'dpx'), image('b', 'dpy'), image('c', 'dz')])
  expect(blocks.map(({ digest, row, rows, depth, below }) => [digest, row, rows, depth, below])).toEqual([
    ['d', 0, 3, 0, -1],
    ['p', 0, 2, 1, 0],
    ['x', 0, 1, 2, 1],
    ['y', 1, 1, 2, 1],
    ['z', 2, 1, 1, 0],
  ])
})

it('gives a letter to a layer that several images have above different bases', () => {
  const { blocks } = sharingOf([image('a', 'dx'), image('b', 'ux')])
  expect(blocks.map(({ digest, letter }) => [digest, letter])).toEqual([
    ['d', undefined],
    ['x', 'A'],
    ['u', undefined],
    ['x', 'A'],
  ])
})

it('places the blocks of a row beside each other, within the width', () => {
  const placed = placeBlocks(sharingOf([image('a', 'dpqrstuvwx'), image('b', 'dz')]).blocks, 400)
  for (const block of placed) {
    const below = placed[block.below]
    expect(block.x).toBeCloseTo(below ? below.x + below.width : 0)
    expect(block.x + block.width).toBeLessThanOrEqual(400.001)
  }
})
