import fc from 'fast-check'
import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { Flow, Scope, keep, run, stage } from '../../../../lib/flow/index.js'
import { numbers, runs } from '../../../support/flow-lines.js'

it('requests replacements for dropped elements: a reader receives as many as it requested, if there are enough', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), fc.array(fc.integer({ min: 1, max: 3 })), (kept, demands) => {
      const demand = new Subject<number>()
      const got: number[] = []
      let done = false as boolean
      const flow = Flow.from(kept.keys()).pipe(keep((index) => kept[index]!))
      flow
        .open(demand, new Scope())
        .subscribe({ next: (each) => got.push(each), complete: () => (done = true) })
      const all = numbers(kept.length).filter((index) => kept[index])
      let asked = 0
      for (const count of demands) {
        demand.next(count)
        asked += count
        expect(got).toEqual(all.slice(0, asked))
      }
      demand.next(Infinity)
      expect([got, done]).toEqual([all, true])
    }),
    runs,
  )
})

it('works before and after a stage with slots', async () => {
  const got: number[] = []
  const later = stage(async (each: number) => each, { slots: 3, order: 'source' })
  const even = keep((each: number) => each % 2 === 0)
  await run(
    Flow.from(numbers(50)).pipe(
      even,
      later,
      keep((each) => each % 3 === 0),
    ),
    (each) => [got.push(each)],
  ).done
  expect(got).toEqual(numbers(50).filter((each) => each % 6 === 0))
})

it('drops a hundred thousand elements without growing the stack', () => {
  const got: number[] = []
  const flow = Flow.from(numbers(100_000)).pipe(keep((each) => each === 99_999))
  flow.toObservable().subscribe((each) => got.push(each))
  const demand = new Subject<number>()
  flow.open(demand, new Scope()).subscribe((each) => got.push(each))
  demand.next(1)
  expect(got).toEqual([99_999, 99_999])
})

it('fails if its test throws', () => {
  const errors: unknown[] = []
  const broken = keep<number>((): boolean => {
    throw new Error('no')
  })
  Flow.of(1)
    .pipe(broken)
    .toObservable()
    .subscribe({ error: (error) => errors.push(error) })
  expect(errors).toEqual([new Error('no')])
})
