/** The columns of the plot of rates, and the names of its curves. */
import { expect, it } from 'vitest'
import { curveEnds, highest, plotColumns } from '../../../ui/facts/plot-data.js'

const sample = (at: number, network: number, disk = 0) => ({ at, network, disk, holder: null })
const line = (at: number, network: number) => ({ ...sample(at, network), host: null, freeBytes: null })

it('joins the samples of a pull with those of the server of the same time', () => {
  const columns = plotColumns(
    [sample(2_000, 1e6, 5e5), sample(3_000, 2e6)],
    [line(1_000, 9e6), line(3_000, 4e6)],
    1_000,
  )
  expect(columns).toEqual([
    [1, 2],
    [null, 4],
    [1, 2],
    [0.5, 0],
  ])
  expect(highest(columns)).toBe(4)
  expect(highest([[], [], [], []])).toBe(0)
  expect(highest([[1], [null], [1], [7]])).toBe(7)
})

it('keeps the names of curves apart, in the order of their values, and above the axis', () => {
  const end = (name: string, y: number) => ({ name, text: name, y })
  const placed = curveEnds([end('c', 52), end('a', 10), end('b', 50)], 12, 100)
  expect(placed.map(({ name, y }) => [name, y])).toEqual([
    ['a', 10],
    ['b', 50],
    ['c', 62],
  ])
  expect(curveEnds([end('a', 98), end('b', 99), end('c', 100)], 12, 100).map(({ y }) => y)).toEqual([
    76, 88, 100,
  ])
})
