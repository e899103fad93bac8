import { expect, it } from 'vitest'
import { trampoline } from '../../../../lib/flow/lifetime/trampoline.js'

it('runs one more round after any number of nested calls', () => {
  const log: string[] = []
  let rounds = 0
  const turn = trampoline(() => {
    const round = ++rounds
    log.push(`${round} begins`)
    if (round < 3) {
      turn()
      turn()
    }
    log.push(`${round} ends`)
  })
  turn()
  expect(log).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends'])
})

it('can be called again after a round has thrown', () => {
  let rounds = 0
  const turn = trampoline(() => {
    if (++rounds === 1) throw new Error('no')
  })
  expect(turn).toThrow('no')
  turn()
  expect(rounds).toBe(2)
})
