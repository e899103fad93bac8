/** Where the parts of the chart stand. */
import { expect, it } from 'vitest'
import { chartLayout } from '../../../ui/facts/chart-layout.js'

const space = { width: 900, windowHeight: 1_000, isPhone: false, isWide: false, isRows: false, layers: 30 }

it('fits compact lanes into the window, below the plot and the ribbon', () => {
  const layout = chartLayout(space)
  expect(layout).toMatchObject({
    plotHeight: 64,
    ribbonTop: 94,
    lanesTop: 124,
    pitch: 13,
    left: 30,
    right: 8,
  })
  expect(layout.height).toBe(124 + 30 * 13 + 6)
  // A wide window has less for them, since its other parts are higher.
  expect(chartLayout({ ...space, windowHeight: 980, isWide: true })).toMatchObject({
    plotHeight: 72,
    pitch: 12,
  })
  expect(chartLayout({ ...space, isPhone: true }).plotHeight).toBe(48)
})

it('gives rows room for their words, less on a phone', () => {
  const rows = { ...space, isRows: true }
  expect(chartLayout(rows)).toMatchObject({ pitch: 22, track: 7, inset: 4, left: 176, right: 184 })
  expect(chartLayout({ ...rows, isPhone: true })).toMatchObject({ left: 84, right: 8 })
  expect(chartLayout({ ...rows, layers: 100 }).pitch).toBe(22)
})
