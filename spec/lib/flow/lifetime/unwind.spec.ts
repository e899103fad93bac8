import { expect, it } from 'vitest'
import { unwind } from '../../../../lib/flow/lifetime/unwind.js'
import { tick } from '../../../support/flow-lines.js'

it('is synchronous when all cleanups are', () => {
  const log: string[] = []
  const result = unwind([() => log.push('a'), () => log.push('b')], () => undefined)
  expect([result, log]).toEqual([undefined, ['b', 'a']])
})

it('waits for each before the next, and runs those added meanwhile', async () => {
  const log: string[] = []
  const cleanups = [
    () => log.push('a'),
    async () => {
      await tick()
      cleanups.push(() => log.push('added'))
      log.push('b')
    },
  ]
  const result = unwind(cleanups, () => undefined)
  expect(log).toEqual([])
  await result
  expect(log).toEqual(['b', 'added', 'a'])
})

it('reports a cleanup that fails, and continues', async () => {
  const failures: unknown[] = []
  const log: string[] = []
  const bad = (): never => {
    throw new Error('at once')
  }
  await unwind([() => log.push('a'), bad, () => Promise.reject(new Error('later')), bad], (error) =>
    failures.push(error),
  )
  expect(failures).toEqual([new Error('at once'), new Error('later'), new Error('at once')])
  expect(log).toEqual(['a'])
})
