import fc from 'fast-check'
import { Observable, Subject, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, ProtocolError, Scope, SlotCount, expand, through } from '../../../../lib/flow/index.js'
import { numbers } from '../../../support/flow-lines.js'

/** A stage with `slots` whose elements end when the test calls for it. */
function held(slots: SlotCount) {
  const running = new Set<Subject<number>>()
  const got: number[] = []
  const demand = new Subject<number>()
  let over = false
  Flow.from(numbers(30))
    .pipe(
      through(
        (each: number) =>
          new Observable<number>((out) => {
            const work = new Subject<number>()
            running.add(work)
            work.subscribe({
              complete: () => {
                running.delete(work)
                out.next(each)
                out.complete()
              },
            })
          }),
        { slots },
      ),
    )
    .open(demand, new Scope())
    .subscribe({ next: (each) => got.push(each), complete: () => (over = true) })
  return { running, got, demand, isOver: () => over }
}

describe('a number of slots that changes', () => {
  it('gives a running stage more slots at once', () => {
    const slots = new SlotCount(1)
    const { running, demand } = held(slots)
    demand.next(Infinity)
    expect(running.size).toBe(1)
    slots.set(3)
    expect(running.size).toBe(3)
  })

  it('does not interrupt elements when there are fewer slots, and starts none until enough have ended', () => {
    const slots = new SlotCount(3)
    const { running, demand } = held(slots)
    demand.next(Infinity)
    slots.set(1)
    const [first, second, third] = [...running]
    first!.complete()
    second!.complete()
    expect([...running]).toEqual([third])
    third!.complete()
    expect(running.size).toBe(1)
  })

  it('starts nothing before the first demand', () => {
    const slots = new SlotCount(1)
    const { running } = held(slots)
    slots.set(3)
    expect(running.size).toBe(0)
  })

  it('emits every element once, whenever the number changes', () => {
    const step = fc.oneof(
      fc.record({ slots: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ end: fc.nat(10) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const slots = new SlotCount(2)
        const { running, got, demand, isOver } = held(slots)
        demand.next(Infinity)
        for (const each of steps) {
          const before = running.size
          if ('slots' in each) slots.set(each.slots)
          else [...running][each.end % Math.max(1, running.size)]?.complete()
          expect(running.size).toBeLessThanOrEqual(Math.max(slots.value, before))
        }
        for (let [next] = running; next; [next] = running) next.complete()
        expect(isOver()).toBe(true)
        expect([...got].sort((a, b) => a - b)).toEqual([...numbers(30)])
      }),
    )
  })

  it('must be a whole number from 1', () => {
    const slots = new SlotCount(1)
    for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => new SlotCount(wrong)).toThrow(ProtocolError)
      expect(() => slots.set(wrong)).toThrow(ProtocolError)
    }
    expect(() => expand(() => Flow.of(1), { slots: 0 })).toThrow(ProtocolError)
    expect(slots.value).toBe(1)
    expect(() => through(() => of(1), { slots })).not.toThrow()
  })
})
