/** The strip of a pull. */
import { expect, it } from 'vitest'
import type { LayerSnapshot } from '../../../lib/events/snapshot-state.js'
import { stripPaths } from '../../../ui/facts/strip-paths.js'

const layer = (
  status: LayerSnapshot['status'],
  fetched = 0,
  unpacked = 0,
  digest: string = status,
): LayerSnapshot => ({
  ...{ digest, status, fetched, unpacked, current: fetched, total: 100 },
})
const cells = (d: string): number => d.split('M').length - 1

it('shows how far a layer is by the height of its cell', () => {
  const paths = stripPaths(
    [
      layer('exists', 100, 100),
      layer('complete', 100, 100),
      layer('extracting', 100, 50),
      layer('downloaded', 100),
      layer('downloading', 50),
      layer('waiting'),
      layer('retrying', 20),
    ],
    200,
    undefined,
  )
  expect(paths.here).toBe('M0.5 0.5h13.0v16.0h-13.0z')
  expect(paths.done).toBe('M16.0 0.0h14.0v17.0h-14.0z')
  expect(paths.unpack).toBe('M32.0 4.5h14.0v12.5h-14.0z')
  expect(paths.ready).toBe('M48.0 9.0h14.0v8.0h-14.0z')
  expect(paths.down).toBe('M64.0 13.0h14.0v4.0h-14.0z')
  expect(paths.bad).toBe('M96.0 4.0h14.0v13.0h-14.0z')
  expect(cells(paths.base)).toBe(7)
})

it('outlines what another pull fetches, and marks the layer that failed', () => {
  const layers = [layer('downloading', 50, 0, 'a'), layer('downloading', 50, 0, 'b')]
  const paths = stripPaths(layers, 200, new Map([['a', 'other']]), 'b')
  expect([cells(paths.shared), cells(paths.bad), paths.down]).toEqual([1, 1, ''])
})

it('merges more than 120 layers into cells that show their least advanced one', () => {
  const layers = Array.from({ length: 240 }, (_, index) =>
    layer(index === 7 ? 'waiting' : 'complete', 100, 100, `${index}`),
  )
  const paths = stripPaths(layers, 300, undefined)
  expect([cells(paths.base), cells(paths.done)]).toEqual([120, 119])
})
