import { Observable, Subject, lastValueFrom, of, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { Actor, Flow, ProtocolError, Scope, through } from '../../../../lib/flow/index.js'
import { numbers, tick } from '../../../support/flow-lines.js'

it('calls a shared actor, whose slots limit several runs together', async () => {
  let now = 0
  let most = 0
  const work = async (each: number): Promise<number> => {
    most = Math.max(most, ++now)
    await tick()
    now--
    return each
  }
  const actor = new Actor(() => work, { name: 'shared', slots: 2 })
  const read = (): Promise<number[]> =>
    lastValueFrom(
      Flow.from(numbers(9))
        .pipe(through(actor.ask, { slots: 4 }))
        .toObservable()
        .pipe(toArray()),
    )
  const all = await Promise.all([read(), read(), read()])
  expect(all.every((each) => each.length === 9)).toBe(true)
  expect(most).toBe(2)
})

it('passes the scope of the run to `ask`', async () => {
  const scope = new Scope()
  const seen: Scope[] = []
  await lastValueFrom(
    Flow.of(1)
      .pipe(through((each, within) => (seen.push(within), of(each))))
      .toObservable(scope),
  )
  expect(seen).toEqual([scope])
})

it('buffers results that are not requested yet, and keeps the slot until they are emitted', () => {
  const asked: number[] = []
  const demand = new Subject<number>()
  const got: string[] = []
  Flow.from(numbers(5))
    .pipe(through((each: number) => (asked.push(each), of(`${each}a`, `${each}b`, `${each}c`))))
    .open(demand, new Scope())
    .subscribe((each) => got.push(each))
  demand.next(2)
  expect([got, asked]).toEqual([['0a', '0b'], [0]])
  demand.next(1)
  expect([got, asked]).toEqual([
    ['0a', '0b', '0c'],
    [0, 1],
  ])
})

it('keeps the slot after a result until the answer is complete, and fails on a later error', () => {
  const answers: Subject<string>[] = []
  const errors: unknown[] = []
  const got: string[] = []
  Flow.from(numbers(5))
    .pipe(through(() => (answers.push(new Subject()), answers.at(-1)!), { slots: 2 }))
    .toObservable()
    .subscribe({ next: (each) => got.push(each), error: (error) => errors.push(error) })
  answers[0]!.next('early')
  expect([got, answers.length]).toEqual([['early'], 2])
  answers[0]!.complete()
  expect(answers.length).toBe(3)
  answers[1]!.next('early too')
  answers[1]!.error(new Error('bytes missing'))
  expect([got, errors]).toEqual([['early', 'early too'], [new Error('bytes missing')]])
  expect(answers[2]!.observed).toBe(false)
})

it('frees a slot only after the answer is torn down', () => {
  const log: string[] = []
  const ends: (() => void)[] = []
  const ask = (each: number): Observable<number> =>
    new Observable((out) => {
      log.push(`${each} asked`)
      ends.push(() => out.complete())
      out.add(() => log.push(`${each} torn down`))
    })
  Flow.of(1, 2).pipe(through(ask)).toObservable().subscribe()
  ends[0]!()
  expect(log).toEqual(['1 asked', '1 torn down', '2 asked'])
  ends[1]!()
  expect(log.at(-1)).toBe('2 torn down')
})

it('fails if `ask` throws', async () => {
  const broken = through((): Observable<number> => {
    throw new Error('no')
  })
  await expect(lastValueFrom(Flow.of(1).pipe(broken).toObservable())).rejects.toThrow('no')
})

it('rejects 0 slots', () => {
  expect(() => through(() => of(1), { slots: 0 })).toThrow(ProtocolError)
})
