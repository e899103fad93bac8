import { Subject, filter, lastValueFrom, map, mergeMap, of, scan, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { Flow, Scope, lift } from '../../../../lib/flow/index.js'

it('passes demand on unchanged', () => {
  const demand = new Subject<number>()
  const got: number[] = []
  const flow = Flow.of(1, 2, 3, 4).pipe(lift(map((each: number) => each * 2)))
  flow.open(demand, new Scope()).subscribe((each) => got.push(each))
  demand.next(1)
  expect(got).toEqual([2])
  demand.next(2)
  expect(got).toEqual([2, 4, 6])
})

it('gives each reader its own state of the operator', async () => {
  const sums = Flow.of(1, 2, 3).pipe(lift(scan((sum: number, each: number) => sum + each, 0)))
  const read = (): Promise<number[]> => lastValueFrom(sums.toObservable().pipe(toArray()))
  expect([await read(), await read()]).toEqual([
    [1, 3, 6],
    [1, 3, 6],
  ])
})

it('fails if the operator emits more elements than it receives', () => {
  const demand = new Subject<number>()
  const got: unknown[] = []
  const doubled = Flow.of(1, 2).pipe(lift(mergeMap((each: number) => of(each, each))))
  doubled
    .open(demand, new Scope())
    .subscribe({ next: (each) => got.push(each), error: (error) => got.push(error) })
  demand.next(1)
  expect(got).toEqual([1, expect.objectContaining({ name: 'ProtocolError', stage: 'lift' })])
})

it('stalls a reader if the operator drops elements (use `keep`)', () => {
  const demand = new Subject<number>()
  const got: number[] = []
  const flow = Flow.of(1, 2).pipe(lift(filter((each: number) => each % 2 === 0)))
  flow.open(demand, new Scope()).subscribe((each) => got.push(each))
  demand.next(1)
  expect(got).toEqual([])
})
