/** Runs that share an actor, which is paused, resumed and resized while they read. */
import fc from 'fast-check'
import { of } from 'rxjs'
import { expect, it } from 'vitest'
import { Actor, Flow, type Scope, run, through } from '../../../lib/flow/index.js'
import { numbers, order, runs, tick, ticks } from '../../support/flow-lines.js'

const slots = fc.integer({ min: 1, max: 4 })

/** What is called on the actor, and after how many turns of the event loop: a number is the number of slots. */
const control = fc.record({
  after: fc.nat({ max: 4 }),
  call: fc.oneof(fc.constantFrom('pause' as const, 'resume' as const), slots),
})

/** A run: how much it reads, how urgent it is, and after how many turns it is cancelled. */
const reader = fc.record({
  count: fc.nat({ max: 12 }),
  slots: fc.integer({ min: 1, max: 5 }),
  order,
  priorities: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
  cancelled: fc.option(fc.nat({ max: 15 }), { freq: 3 }),
})

/** How long an attempt takes, whether it heeds its signal, and how often it fails before that. */
const work = fc.record({
  turns: fc.nat({ max: 3 }),
  deaf: fc.boolean(),
  failures: fc.nat({ max: 2 }),
})

it('law 11: a shared actor keeps to its slots and its pauses, and loses, doubles and blocks nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      slots,
      fc.array(control, { maxLength: 12 }),
      fc.array(reader, { minLength: 1, maxLength: 4 }),
      fc.array(work, { minLength: 1, maxLength: 6 }),
      async (slots, controls, readers, works) => {
        let running = 0
        let calls = 0
        let time = 0
        const broken: string[] = []
        const actor: Actor<number, number> = new Actor(
          () => (element, turn) => {
            if (actor.paused) broken.push(`${element} started in a pause`)
            if (running >= actor.slots) broken.push(`${element} started without a slot`)
            running++
            const { turns, deaf, failures } = works[calls++ % works.length]!
            const ended = (async () => {
              for (let each = 0; each < turns && (deaf || !turn.signal.aborted); each++) await tick()
              if (turn.attempt <= failures) throw new Error('no')
              return element
            })()
            return ended.finally(() => running--)
          },
          { name: 'shared', slots, supervise: () => ({ retry: 0 }) },
        )
        const reading = readers.map(async ({ count, slots, order, priorities, cancelled }) => {
          const elements: number[] = []
          const ask = (element: number, scope: Scope) =>
            actor.ask(element, scope, { priority: () => priorities[time % priorities.length]! })
          const { done, cancel, closed } = run(
            Flow.from(numbers(count)).pipe(through(ask, { slots, order })),
            (element) => of(elements.push(element)),
          )
          done.catch(() => undefined)
          if (cancelled !== null) void ticks(cancelled).then(() => cancel())
          const whole = await done.then(
            () => true,
            () => false,
          )
          await closed()
          if (cancelled === null) expect(whole).toBe(true)
          if (order !== 'source') elements.sort((a, b) => a - b)
          if (whole) expect(elements).toEqual(numbers(count))
          else expect(new Set(elements).size).toBe(elements.length)
        })
        for (const { after, call } of controls) {
          await ticks(after)
          time++
          if (typeof call === 'number') actor.resize(call)
          else actor[call]()
        }
        await Promise.all(reading.filter((_, at) => readers[at]!.cancelled !== null)) // in a pause, too
        actor.resume()
        await Promise.all(reading)
        expect(broken).toEqual([])
        expect([running, actor.load]).toEqual([0, { active: 0, waiting: 0 }])
      },
    ),
    runs,
  )
})
