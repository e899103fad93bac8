/** An actor does what its model does, whatever is called at whatever moment. */
import fc from 'fast-check'
import { Observable, type Subscriber, type Subscription } from 'rxjs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Actor, type Verdict } from '../../../lib/flow/index.js'
import { ActorModel, type Outcome, type Picking, type Urgency } from '../../support/actor-model.js'

beforeAll(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] }))
afterAll(() => void vi.useRealTimers())

/** One call. `at` selects one of the letters that the call can be about. */
type Call =
  | { readonly call: 'ask'; readonly urgency: Urgency }
  | { readonly call: 'leave'; readonly at: number }
  | { readonly call: 'end'; readonly at: number; readonly outcome: Outcome }
  | { readonly call: 'pass'; readonly time: number }
  | { readonly call: 'resize'; readonly slots: number }
  | { readonly call: 'prefer'; readonly cell: number; readonly urgency: number }
  | { readonly call: 'pause' | 'resume' | 'stop' }

const call = <Name extends string>(name: Name) => fc.constant(name)
const small = fc.integer({ min: -2, max: 2 })
const at = fc.nat({ max: 20 })
const cell = fc.nat({ max: 2 })
const slots = fc.integer({ min: 1, max: 4 })
const urgency: fc.Arbitrary<Urgency> = fc.oneof(fc.constant(undefined), small, fc.record({ cell }))
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom('complete', 'complete', 'fail', 'skip'),
  fc.record({ retry: fc.nat({ max: 3 }) }),
)

const often = (weight: number, arbitrary: fc.Arbitrary<Call>) => ({ weight, arbitrary })
const anyCall: fc.Arbitrary<Call> = fc.oneof(
  often(100, fc.record({ call: call('ask'), urgency })),
  often(100, fc.record({ call: call('end'), at, outcome })),
  often(30, fc.record({ call: call('leave'), at })),
  often(40, fc.record({ call: call('pass'), time: fc.integer({ min: 1, max: 4 }) })),
  often(20, fc.record({ call: call('resize'), slots })),
  often(30, fc.record({ call: call('prefer'), cell, urgency: small })),
  often(20, fc.record({ call: call('pause') })),
  often(30, fc.record({ call: call('resume') })),
  often(1, fc.record({ call: call('stop') })),
)

const picks: Record<string, Picking> = {
  none: undefined,
  last: (waiting) => waiting.length - 1,
  even: (waiting) =>
    Math.max(
      0,
      waiting.findIndex((id) => id % 2 === 0),
    ),
}

/** The groups of letters. The last one is that of letters without a group. */
const groupObjects = [{}, {}, undefined]

/** An actor and its model, which receive the same calls and must agree after each. */
class Pair {
  readonly #started: string[] = []
  readonly #ended: string[] = []
  /** Letters that started without a free slot. */
  readonly #broken: number[] = []
  readonly #running = new Map<number, Subscriber<number>>()
  readonly #requests = new Map<number, Subscription>()
  readonly #model: ActorModel
  readonly #actor: Actor<number, number>
  #verdict: Verdict = 'fail'

  constructor(slots: number, pick: Picking, groups: number) {
    const group = (id: number): object | undefined => groupObjects[id % groups]
    this.#model = new ActorModel(slots, pick, groups > 0 ? (id) => id % groups : undefined)
    this.#actor = new Actor(
      () =>
        (id: number, { attempt }) =>
          new Observable<number>((out) => {
            this.#started.push(`${id}/${attempt}`)
            if (this.#running.size >= this.#actor.slots || this.#actor.paused)
              throw new Error(`${id} started without a slot`)
            this.#running.set(id, out)
            return () => this.#running.delete(id)
          }),
      {
        ...{ name: 'modelled', slots, supervise: () => this.#verdict },
        ...(pick && { pick }),
        ...(groups > 0 && { group }),
      },
    )
  }

  make(each: Call): void {
    const [model, actor] = [this.#model, this.#actor]
    if (each.call === 'ask') this.#ask(each.urgency)
    else if (each.call === 'leave') this.#leave(one(model.open, each.at))
    else if (each.call === 'end') this.#end(one(model.running, each.at), each.outcome)
    else if (each.call === 'pass') {
      model.pass(each.time)
      vi.advanceTimersByTime(each.time)
    } else if (each.call === 'resize') {
      model.slots = each.slots
      actor.resize(each.slots)
    } else if (each.call === 'prefer') model.cells[each.cell] = each.urgency
    else if (each.call === 'pause' || each.call === 'resume') {
      model.paused = each.call === 'pause'
      actor[each.call]()
    } else {
      model.stop()
      actor.stop()
    }
    model.settle()
    this.#compare()
  }

  /** Serves everything that is left, with one slot. */
  finish(): void {
    this.make({ call: 'resume' })
    this.make({ call: 'resize', slots: 1 })
    for (let rounds = 0; this.#model.open.length > 0; rounds++) {
      expect(rounds).toBeLessThan(1000)
      this.make({ call: 'end', at: 0, outcome: 'complete' })
      this.make({ call: 'pass', time: 4 })
    }
    expect(this.#actor.load).toEqual({ active: 0, waiting: 0 })
    expect(vi.getTimerCount()).toBe(0)
  }

  #ask(urgency: Urgency): void {
    const id = this.#requests.size
    this.#model.ask(id, urgency)
    const cell = typeof urgency === 'object' ? urgency.cell : 0
    const priority = typeof urgency === 'object' ? () => this.#model.cells[cell]! : urgency
    const asking = this.#actor.ask(id, undefined, { priority }).subscribe({
      error: () => this.#ended.push(`${id} error`),
      complete: () => this.#ended.push(`${id} complete`),
    })
    this.#requests.set(id, asking)
  }

  #leave(id: number | undefined): void {
    if (id === undefined) return
    this.#model.leave(id)
    this.#requests.get(id)!.unsubscribe()
  }

  #end(id: number | undefined, outcome: Outcome): void {
    if (id === undefined) return
    this.#model.end(id, outcome)
    const out = this.#running.get(id)!
    if (outcome === 'complete') out.complete()
    else {
      this.#verdict = outcome
      out.error(new Error('no'))
    }
  }

  #compare(): void {
    expect(this.#started).toEqual(this.#model.started)
    expect(this.#ended).toEqual(this.#model.ended)
    expect(this.#actor.load).toEqual(this.#model.load)
    expect(this.#broken).toEqual([])
  }
}

const one = (ids: readonly number[], at: number): number | undefined => ids[at % Math.max(1, ids.length)]

it('law 10: an actor starts the letters that its model starts, in that order, and each ends once', () => {
  fc.assert(
    fc.property(
      slots,
      fc.constantFrom(...Object.keys(picks)),
      fc.constantFrom(0, 2, groupObjects.length),
      fc.array(anyCall, { maxLength: 80, size: 'max' }),
      (slots, pick, groups, calls) => {
        const pair = new Pair(slots, picks[pick], groups)
        for (const each of calls) pair.make(each)
        pair.finish()
      },
    ),
    { numRuns: 500 },
  )
})
