/** Queues as ticks. */
import { expect, it } from 'vitest'
import { queueTicks } from '../../../ui/facts/ticks.js'

const space = { width: 50, row: 6, isRight: false }
const marks = (path: string): number => (path.match(/M/g) ?? []).length

it('draws a tick for each layer, those of the chosen pull first, two in a column', () => {
  const ticks = queueTicks({ chosen: 1, others: 2 }, space)
  expect(ticks.each).toBe(1)
  expect(ticks.chosen).toBe('M0.0 0.0h3.0v6.0h-3.0z')
  expect(ticks.others).toBe('M0.0 10.0h3.0v6.0h-3.0zM5.0 0.0h3.0v6.0h-3.0z')
})

it('piles them up at the right edge if asked to', () => {
  expect(queueTicks({ chosen: 1, others: 0 }, { ...space, isRight: true }).chosen).toMatch(/^M47\.0 /)
})

it('lets a tick stand for several layers if there are too many', () => {
  // Ten columns of two.
  expect(queueTicks({ chosen: 20, others: 0 }, space).each).toBe(1)
  const many = queueTicks({ chosen: 10, others: 11 }, space)
  expect([many.each, marks(many.chosen), marks(many.others)]).toEqual([2, 5, 6])
  expect(queueTicks({ chosen: 0, others: 0 }, space)).toEqual({ chosen: '', others: '', each: 1 })
  expect(marks(queueTicks({ chosen: 5, others: 0 }, { ...space, width: 1 }).chosen)).toBe(2)
})
