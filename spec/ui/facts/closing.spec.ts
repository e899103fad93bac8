/** Slots that a lower limit has closed. */
import { expect, it } from 'vitest'
import { ClosingSlots } from '../../../ui/facts/closing.js'

const slots = (digests: string): { digest: string; pulls: string[] }[] =>
  Array.from(digests, (digest) => ({ digest, pulls: ['1'] }))

it('closes the slots beyond a limit that was lowered, until their layers end', () => {
  const closing = new ClosingSlots()
  expect([...closing.next(slots('abc'), 3)]).toEqual([])
  expect([...closing.next(slots('abc'), 2)]).toEqual(['c'])
  expect([...closing.next(slots('abc'), 2)]).toEqual(['c'])
  expect([...closing.next(slots('ab'), 2)]).toEqual([])
})

it('takes a layer that is beyond the limit for a moment for no closing one', () => {
  const closing = new ClosingSlots()
  closing.next(slots('ab'), 2)
  expect([...closing.next(slots('abc'), 2)]).toEqual([])
})
