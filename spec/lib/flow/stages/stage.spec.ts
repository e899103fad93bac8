import { Observable, lastValueFrom, of, timer, map, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import {
  Flow,
  ProtocolError,
  Scope,
  firstMatch,
  retrying,
  run,
  skipping,
  stage,
} from '../../../../lib/flow/index.js'
import { flowMarbles } from '../../../../lib/testing/probes.js'
import { numbers, sleep, tick } from '../../../support/flow-lines.js'

const all = <T>(flow: Flow<T>): Promise<T[]> => lastValueFrom(flow.toObservable().pipe(toArray()))

describe('stage', () => {
  it('accepts a promise, an observable, an array and an async iterable as answer', async () => {
    async function* generated(): AsyncGenerator<string> {
      yield 'g1'
      await tick()
      yield 'g2'
    }
    const answers = {
      promise: Promise.resolve('p'),
      observable: of('o1', 'o2'),
      array: ['a1', 'a2'],
      generator: generated(),
    }
    const flow = Flow.from(['promise', 'observable', 'array', 'generator'] as const).pipe(
      stage((kind: keyof typeof answers) => answers[kind]),
    )
    expect(await all(flow)).toEqual(['p', 'o1', 'o2', 'a1', 'a2', 'g1', 'g2'])
  })

  it('accepts a plain value as answer, and a string as one value', async () => {
    const values = {
      number: 1,
      text: 'abc',
      object: { a: 1 },
      nothing: undefined,
      promised: Promise.resolve('def'),
    }
    const flow = Flow.from(Object.keys(values) as (keyof typeof values)[]).pipe(
      stage((kind: keyof typeof values) => values[kind] as unknown),
    )
    expect(await all(flow)).toEqual([1, 'abc', { a: 1 }, undefined, 'def'])
  })

  it('runs an element again on `retry`, drops it on `skip`, and continues with the others', async () => {
    const tried = new Map<number, number>()
    const supervise = firstMatch<number>(
      retrying({ times: 5, delay: 1, when: ({ error }) => (error as Error).message === '401' }),
      skipping(() => true),
    )
    const flow = Flow.of(1, 2, 3, 4).pipe(
      stage(
        async (each: number, turn) => {
          tried.set(each, turn.attempt)
          if (each === 2 && turn.attempt < 3) throw new Error('401')
          if (each === 3) throw new Error('drop me')
          return each * 10
        },
        { slots: 2, supervise },
      ),
    )
    expect((await all(flow)).sort()).toEqual([10, 20, 40])
    expect(tried.get(2)).toBe(3)
  })

  it('keeps the slot of an element during a retry', async () => {
    const started = new Set<number>()
    const flow = Flow.from(numbers(9)).pipe(
      stage(
        (each: number): number[] => {
          started.add(each)
          throw new Error('again')
        },
        { slots: 2, supervise: () => ({ retry: 1 }) },
      ),
    )
    const reading = flow.toObservable().subscribe()
    await sleep(20)
    expect([...started]).toEqual([0, 1])
    reading.unsubscribe()
  })

  it('does not remove the results of a failed attempt before a retry', async () => {
    const growing = (name: string, attempt: number): Observable<string> =>
      new Observable((out) => {
        if (attempt === 1) {
          out.next(name)
          out.error(new Error('connection lost'))
        } else out.complete()
      })
    const flow = Flow.of('a', 'b').pipe(
      stage((name: string, turn) => growing(name, turn.attempt), { supervise: retrying({ times: 1 }) }),
    )
    expect(await all(flow)).toEqual(['a', 'b'])
  })

  it('uses an actor of its own in each run: events and failures go to that run', async () => {
    const failing = stage(
      (each: number, turn) => {
        turn.emit({ type: 'seen', each })
        throw new Error('no')
      },
      { name: 'failing', supervise: () => 'skip' },
    )
    const scopes = [new Scope(), new Scope()]
    const heard = scopes.map((scope) => {
      const types: string[] = []
      scope.events.subscribe(({ type }) => types.push(type))
      return types
    })
    await Promise.all(scopes.map((scope, at) => run(Flow.of(at).pipe(failing), undefined, scope).done))
    expect(heard).toEqual([
      ['seen', 'failure'],
      ['seen', 'failure'],
    ])
  })

  it('is paced by demand, drawn as marbles', () => {
    flowMarbles(({ demand, expectFlow }) => {
      const slow = stage((each: string) => timer(2).pipe(map(() => each)), { slots: 2 })
      // a and b start at 1; a leaves at 3; b, ready at 3, waits for the demand at 5; c is ready at 5; d waits until 12
      expectFlow(Flow.from('abcde').pipe(slow), demand('-1---2------1---'), '----------------!').toBe(
        '---a-(bc)---d',
      )
    })
  })

  it.each([0, -1, 0.5, NaN])('rejects %d slots when it is created, not when it runs', (slots) => {
    expect(() => stage(() => [], { name: 'download', slots })).toThrow(ProtocolError)
  })
})
