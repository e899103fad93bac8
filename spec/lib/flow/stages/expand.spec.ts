import { Observable, Subject, lastValueFrom, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, ProtocolError, Scope, expand } from '../../../../lib/flow/index.js'
import { flowMarbles } from '../../../../lib/testing/probes.js'
import { counted, numbers } from '../../../support/flow-lines.js'

describe('expand', () => {
  it('reads each inner flow one element ahead, however long the flow is', () => {
    const endless = counted(numbers(1000))
    const demand = new Subject<number>()
    const got: number[] = []
    Flow.of('x')
      .pipe(expand(() => endless.flow))
      .open(demand, new Scope())
      .subscribe((each) => got.push(each))
    demand.next(3)
    expect([got, endless.count.read]).toEqual([[0, 1, 2], 4])
  })

  it('opens as many inner flows concurrently as it has slots', () => {
    const opened: number[] = []
    const demand = new Subject<number>()
    const never = (element: number): Flow<never> =>
      new Flow(() => {
        opened.push(element)
        return new Observable<never>(() => undefined)
      })
    const reading = Flow.from(numbers(9))
      .pipe(expand(never, { slots: 3 }))
      .open(demand, new Scope())
      .subscribe()
    demand.next(1)
    expect(opened).toEqual([0, 1, 2])
    reading.unsubscribe()
  })

  it('continues after empty inner flows', async () => {
    const flow = Flow.from(numbers(5)).pipe(
      expand((each) => (each === 3 ? Flow.of('three') : Flow.of<string>())),
    )
    expect(await lastValueFrom(flow.toObservable().pipe(toArray()))).toEqual(['three'])
  })

  it('emits results as they become ready, or in the order of the input, according to `order`', () => {
    flowMarbles(({ demand, cold, expectFlow }) => {
      const slowThenFast = Flow.of('---a|', '-b|')
      const open = (marbles: string): Flow<string> => cold(marbles)
      expectFlow(slowThenFast.pipe(expand(open, { slots: 2 })), demand('*')).toBe('-b-a|')
      expectFlow(slowThenFast.pipe(expand(open, { slots: 2, order: 'source' })), demand('*')).toBe('---a(b|)')
    })
  })

  it('fails if its function or an inner flow fails, and unsubscribes from everything', async () => {
    for (const bad of [
      (): Flow<number> => {
        throw new Error('no')
      },
      () => new Flow<number>(() => new Observable((out) => out.error(new Error('no')))),
    ]) {
      const source = counted([1, 2])
      await expect(lastValueFrom(source.flow.pipe(expand(bad)).toObservable())).rejects.toThrow('no')
      expect(source.count.released).toBe(1)
    }
  })

  it('fails if an inner flow emits more elements than requested', async () => {
    const pushy = new Flow(() => of(1, 2, 3), 'pushy')
    await expect(
      lastValueFrom(
        Flow.of('x')
          .pipe(expand(() => pushy))
          .toObservable(),
      ),
    ).rejects.toThrow('pushy: emitted more')
  })

  it.each([0, -1, 1.5, NaN, Infinity])('rejects %d slots', (slots) => {
    expect(() => expand(() => Flow.of(1), { slots })).toThrow(ProtocolError)
  })
})
