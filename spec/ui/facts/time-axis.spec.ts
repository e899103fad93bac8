/** The axes of the chart. */
import { expect, it } from 'vitest'
import { SpanKeeper, TopKeeper, roundSpan, roundTop, ticksOf } from '../../../ui/facts/time-axis.js'

it('lets the span grow in steps, and shrink only if most of it would be empty', () => {
  const keeper = new SpanKeeper()
  expect([15, 19, 25, 22, 70, 65, 40].map((seconds) => keeper.next(seconds))).toEqual([
    20, 20, 30, 30, 75, 75, 75,
  ])
  expect(keeper.next(20)).toBe(30)
  expect(roundSpan(4_000)).toBe(7_200)
})

it('lets the top of the plot rise at once and fall after 30 seconds', () => {
  const keeper = new TopKeeper()
  expect(keeper.next(19.3, 0)).toBe(20)
  expect(keeper.next(3, 10_000)).toBe(20)
  expect(keeper.next(21, 20_000)).toBe(25)
  expect(keeper.next(3, 50_000)).toBe(25)
  expect(keeper.next(3, 50_001)).toBe(3)
})

it('rounds the top to steps of 5 · 10^n', () => {
  expect([0, 0.3, 1.1, 2.4, 4.9, 8.8, 19.3, 60, 230].map(roundTop)).toEqual([
    0.1, 0.3, 1.5, 2.5, 5, 10, 20, 100, 250,
  ])
})

it('places ticks far enough apart', () => {
  expect(ticksOf(20, 400, 76)).toEqual([0, 5, 10, 15, 20])
  expect(ticksOf(90, 400, 76)).toEqual([0, 20, 40, 60, 80])
})
