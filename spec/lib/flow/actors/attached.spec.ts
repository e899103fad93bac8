import { NEVER, finalize, lastValueFrom, of, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { type Reading, attached } from '../../../../lib/flow/actors/attached.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { tick } from '../../../support/flow-lines.js'

const all = (input: Reading<number>, held: Promise<unknown>[]): Promise<number[]> =>
  lastValueFrom(
    attached(
      () => input,
      (work) => held.push(work),
      new Scope(),
    ).pipe(toArray()),
  )

async function* generated(): AsyncGenerator<number> {
  yield 1
  await tick()
  yield 2
}

it('gives what it is given, of any kind, and holds nothing that has ended', async () => {
  const held: Promise<unknown>[] = []
  expect(await all(1, held)).toEqual([1])
  expect(await all([1, 2], held)).toEqual([1, 2])
  expect(await all(Flow.of(1, 2), held)).toEqual([1, 2])
  expect(await all(of(1, 2), held)).toEqual([1, 2])
  expect(await all(Promise.resolve(1), held)).toEqual([1])
  expect(await all(generated(), held)).toEqual([1, 2])
  expect(await all(new Set([1, 2]), held)).toEqual([1, 2])
  await expect(all(Promise.reject(new Error('no')), held)).rejects.toThrow('no')
  expect(held).toEqual([])
})

it('fails for a start that throws', async () => {
  const broken = attached<number>(
    () => {
      throw new Error('cannot start')
    },
    () => undefined,
    new Scope(),
  )
  await expect(lastValueFrom(broken)).rejects.toThrow('cannot start')
})

it('hands over what goes on after it is left: a promise, what a generator is waiting for and its end', () => {
  const held: Promise<unknown>[] = []
  const leave = (input: Reading<number>): number => {
    attached(
      () => input,
      (work) => held.push(work),
      new Scope(),
    )
      .subscribe()
      .unsubscribe()
    return held.splice(0).length
  }
  expect([leave(NEVER), leave(new Promise(() => undefined)), leave(generated())]).toEqual([0, 1, 2])
})

it('opens a flow in the given scope, and closes it when it is left', () => {
  const scope = new Scope()
  const opened: Scope[] = []
  let closed = 0
  const flow = new Flow<number>((_, within) => {
    opened.push(within)
    return NEVER.pipe(finalize(() => closed++))
  })
  attached(
    () => flow,
    () => undefined,
    scope,
  )
    .subscribe()
    .unsubscribe()
  expect(opened).toHaveLength(1)
  expect(opened[0]).toBe(scope)
  expect(closed).toBe(1)
})
