import { NEVER, finalize, lastValueFrom, of, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { type BehaviorResult, readResult } from '../../../../lib/flow/actors/read-result.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { tick } from '../../../support/flow-lines.js'

const all = (input: BehaviorResult<number>, held: Promise<unknown>[]): Promise<number[]> =>
  lastValueFrom(
    readResult(
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

it('emits the values of every kind of result, and passes nothing to `hold` that has ended', async () => {
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

it('fails if `start` throws', async () => {
  const broken = readResult<number>(
    () => {
      throw new Error('cannot start')
    },
    () => undefined,
    new Scope(),
  )
  await expect(lastValueFrom(broken)).rejects.toThrow('cannot start')
})

it('passes work to `hold` that continues after unsubscription: a promise, and the pending `next` and `return` of a generator', () => {
  const held: Promise<unknown>[] = []
  const leave = (input: BehaviorResult<number>): number => {
    readResult(
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

it('opens a flow in the given scope, and closes it on unsubscription', () => {
  const scope = new Scope()
  const opened: Scope[] = []
  let closed = 0
  const flow = new Flow<number>((_, within) => {
    opened.push(within)
    return NEVER.pipe(finalize(() => closed++))
  })
  readResult(
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
