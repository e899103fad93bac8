import { Subject, filter, lastValueFrom, map, mergeMap, of, scan, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { Flow, Scope, lift } from '../../../../lib/flow/index.js'

it('keeps demand as it is', () => {
  const demand = new Subject<number>()
  const got: number[] = []
  const flow = Flow.of(1, 2, 3, 4).pipe(lift(map((each: number) => each * 2)))
  flow.open(demand, new Scope()).subscribe((each) => got.push(each))
  demand.next(1)
  expect(got).toEqual([2])
  demand.next(2)
  expect(got).toEqual([2, 4, 6])
})

it('keeps the state of an operator apart for each reader', async () => {
  const sums = Flow.of(1, 2, 3).pipe(lift(scan((sum: number, each: number) => sum + each, 0)))
  const read = (): Promise<number[]> => lastValueFrom(sums.toObservable().pipe(toArray()))
  expect([await read(), await read()]).toEqual([
    [1, 3, 6],
    [1, 3, 6],
  ])
})

it('fails for an operator that multiplies', () => {
  const demand = new Subject<number>()
  const got: unknown[] = []
  const doubled = Flow.of(1, 2).pipe(lift(mergeMap((each: number) => of(each, each))))
  doubled
    .open(demand, new Scope())
    .subscribe({ next: (each) => got.push(each), error: (error) => got.push(error) })
  demand.next(1)
  expect(got).toEqual([1, expect.objectContaining({ name: 'ProtocolError', stage: 'lift' })])
})

it('with an operator that drops starves a reader who asked for one: that is what `keep` is for', () => {
  const demand = new Subject<number>()
  const got: number[] = []
  const flow = Flow.of(1, 2).pipe(lift(filter((each: number) => each % 2 === 0)))
  flow.open(demand, new Scope()).subscribe((each) => got.push(each))
  demand.next(1)
  expect(got).toEqual([])
})
