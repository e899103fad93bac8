import { Subject, lastValueFrom, map, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import {
  Flow,
  ProtocolError,
  Scope,
  type Stage,
  branch,
  compose,
  lift,
  stage,
} from '../../../../lib/flow/index.js'
import { sinkProbe, sourceProbe } from '../../../../lib/testing/probes.js'
import { counted, numbers, ticks } from '../../../support/flow-lines.js'

const label = (name: string): Stage<number, string> => lift(map((element: number) => `${name}${element}`))
const parity = (element: number): 'even' | 'odd' => (element % 2 === 0 ? 'even' : 'odd')
const all = <T>(flow: Flow<T>): Promise<T[]> => lastValueFrom(flow.toObservable().pipe(toArray()))

describe('branch', () => {
  it('passes each element to the stage of its case, and merges the results', async () => {
    const flow = Flow.of(1, 2, 3, 4).pipe(branch(parity, { even: label('e'), odd: label('o') }))
    expect((await all(flow)).sort()).toEqual(['e2', 'e4', 'o1', 'o3'])
  })

  it.each(['toString', '__proto__', 'constructor', 'third'])('fails for the unknown case %s', async (key) => {
    const choose = branch(() => key as 'even', { even: label('e') })
    await expect(all(Flow.of(1).pipe(choose))).rejects.toThrow(
      `branch: there is no case named ${key}, only even`,
    )
  })

  it('throws if there are no cases', () => {
    expect(() => branch((): never => undefined as never, {})).toThrow(ProtocolError)
  })

  it('fails if `select` throws, and unsubscribes from its input', async () => {
    const source = counted([1, 2])
    const choose = branch(
      (): 'even' => {
        throw new Error('cannot tell')
      },
      { even: label('e') },
    )
    await expect(all(source.flow.pipe(choose))).rejects.toThrow('cannot tell')
    expect(source.count.released).toBe(1)
  })

  it('keeps one element waiting while its case is full', async () => {
    const source = counted(numbers(20))
    const stuck = stage<number, string>(() => new Promise(() => undefined), { slots: 2 })
    const demand = new Subject<number>()
    const reading = source.flow
      .pipe(branch(parity, { even: stuck, odd: label('o') }))
      .open(demand, new Scope())
      .subscribe()
    demand.next(Infinity)
    await ticks(5)
    expect(source.count.read).toBe(5) // 0 and 2 in their slots, 1 and 3 through, 4 at the fork
    reading.unsubscribe()
    expect(source.count.released).toBe(1)
  })

  it('requests nothing while all cases are full', async () => {
    const source = counted(numbers(20))
    const stuck = stage<number, string>(() => new Promise(() => undefined))
    const reading = source.flow
      .pipe(branch(parity, { even: stuck, odd: stuck }))
      .toObservable()
      .subscribe()
    await ticks(5)
    expect(source.count.read).toBe(2)
    reading.unsubscribe()
  })

  it('does not lose the waiting element when its input ends', async () => {
    const source = sourceProbe<number>()
    const answers: Subject<string>[] = []
    const slow = stage(() => (answers.push(new Subject()), answers.at(-1)!))
    const sink = sinkProbe(source.flow.pipe(branch(parity, { even: slow, odd: label('o') })))
    sink.request(Infinity)
    source.send(0)
    source.send(2)
    source.end()
    answers[0]!.next('first')
    answers[0]!.complete()
    await sink.expect('first')
    answers[1]!.next('second')
    answers[1]!.complete()
    await sink.expect('second')
    await sink.expectEnd()
  })

  it('continues without a case that ends early', async () => {
    const first: Stage<number, string> = compose(
      label('e'),
      (input: Flow<string>) => new Flow((demand, scope) => input.open(demand, scope).pipe(take(1))),
    )
    const flow = Flow.from(numbers(6)).pipe(branch(parity, { even: first, odd: label('o') }))
    expect((await all(flow)).sort()).toEqual(['e0', 'o1', 'o3', 'o5'])
  })

  it('continues without a case that never requests elements', async () => {
    const deaf: Stage<number, string> = () => Flow.of('deaf')
    const flow = Flow.from(numbers(6)).pipe(branch(parity, { even: deaf, odd: label('o') }))
    expect((await all(flow)).sort()).toEqual(['deaf', 'o1', 'o3', 'o5'])
  })

  it('fails when a case fails, once', async () => {
    const source = counted(numbers(6))
    const failing = stage<number, string>(() => {
      throw new Error('no')
    })
    await expect(all(source.flow.pipe(branch(parity, { even: failing, odd: label('o') })))).rejects.toThrow(
      'no',
    )
    expect(source.count.released).toBe(1)
  })

  it('can be nested', async () => {
    const inner = branch((element: number) => (element > 2 ? 'big' : 'small'), {
      big: label('b'),
      small: label('s'),
    })
    const flow = Flow.of(1, 2, 3, 4).pipe(branch(parity, { even: inner, odd: label('o') }))
    expect((await all(flow)).sort()).toEqual(['b4', 'o1', 'o3', 's2'])
  })
})
