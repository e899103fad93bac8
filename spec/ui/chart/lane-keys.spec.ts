/** Keys that choose a lane. */
import { expect, it, vi } from 'vitest'
import { stepLane } from '../../../ui/chart/lane-keys.js'

function press(key: string, layer: number | undefined, count = 30) {
  const look = vi.fn()
  const say = vi.fn()
  const preventDefault = vi.fn()
  const isTaken = stepLane({ sight: { layer }, look, say }, { key, preventDefault }, count)
  const [change] = (look.mock.calls[0] ?? []) as { layer: number }[]
  return {
    isTaken,
    layer: change?.layer,
    said: say.mock.calls.flat(),
    prevented: preventDefault.mock.calls.length,
  }
}

it.each([
  ['ArrowDown', undefined, 0],
  ['ArrowDown', 4, 5],
  ['ArrowDown', 29, 29],
  ['ArrowUp', 4, 3],
  ['ArrowUp', 0, 0],
  ['ArrowUp', undefined, 0],
  ['PageDown', 25, 29],
  ['PageUp', 15, 5],
  ['Home', 7, 0],
  ['End', undefined, 29],
])('takes %s from lane %s to %i, and says which', (key, from, to) => {
  expect(press(key, from)).toEqual({ isTaken: true, layer: to, said: [`Layer ${to + 1}`], prevented: 1 })
})

it('leaves other keys alone', () => {
  expect(press('x', 1)).toEqual({ isTaken: false, layer: undefined, said: [], prevented: 0 })
})
