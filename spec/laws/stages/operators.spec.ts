/** The laws, over the stages of `lib/flow`, with each kind of behaviour and each kind of flow inside. */
import { from, map, of, timer } from 'rxjs'
import {
  Actor,
  type Behavior,
  Flow,
  SingleFlight,
  type Stage,
  branch,
  compose,
  expand,
  identity,
  keep,
  lift,
  scoped,
  stage,
  through,
  toArray,
} from '../../../lib/flow/index.js'
import { pullStage } from '../../../lib/stages/index.js'
import { ticks } from '../../support/flow-lines.js'
import { keepsTheLaws, unchanged } from '../../support/laws/keeps-the-laws.js'

const input = (seed: number): number => seed % 1000
const squares = (numbers: readonly number[]): number[] => numbers.map((each) => each ** 2)
/** Each number and its opposite. */
const both = (numbers: readonly number[]): number[] => numbers.flatMap((each) => [each, -each])
const even = (each: number): boolean => each % 2 === 0
const runs = 20

const one: Record<string, Behavior<number, number>> = {
  'a value': (each) => each ** 2,
  'a promise': async (each) => {
    await ticks(each % 3)
    return each ** 2
  },
  'an observable': (each) => timer(each % 3).pipe(map(() => each ** 2)),
  'a flow': (each) => Flow.of(each).pipe(lift(map((inside) => inside ** 2))),
}
for (const [when, behavior] of Object.entries(one)) {
  const options = { input, runs, outputs: squares, when: `of a behaviour that returns ${when}` }
  keepsTheLaws(stage, { ...options, make: () => stage(behavior), slots: 1, order: 'source' })
  keepsTheLaws(stage, {
    ...options,
    when: `${options.when}, with slots and in order`,
    make: () => stage(behavior, { slots: 3, order: 'source' }),
    slots: 3,
    order: 'source',
  })
}

const several: Record<string, Behavior<number, number>> = {
  'an array': (each) => [each, -each],
  'an observable of several values': (each) => of(each, -each),
  'a flow of several values': (each) => Flow.of(each, -each),
  'an async iterable': async function* (each) {
    yield each
    await ticks(1)
    yield -each
  },
}
for (const [when, behavior] of Object.entries(several))
  keepsTheLaws(stage, {
    when: `of a behaviour that returns ${when}`,
    make: () => stage(behavior, { slots: 2 }),
    ...{ input, runs, slots: 2, outputs: both },
  })

keepsTheLaws(stage, {
  when: 'of a behaviour that returns a string',
  make: () => stage((each: number) => `no. ${each}`),
  ...{ input, runs, slots: 1, order: 'source' },
  outputs: (numbers) => numbers.map((each) => `no. ${each}`),
})

keepsTheLaws(stage, {
  when: 'of a behaviour that returns nothing for some elements',
  make: () => stage((each: number) => (even(each) ? [each] : [])),
  ...{ input, runs, slots: 1, fillsSlots: false, order: 'source' },
  outputs: (numbers) => numbers.filter(even),
})

keepsTheLaws(stage, {
  when: 'whose supervisor retries, then skips',
  make: () =>
    stage(
      (each: number, { attempt }) => {
        if (attempt < 3) throw new Error('not yet')
        return each ** 2
      },
      {
        slots: 2,
        supervise: ({ message, attempt }) => (attempt === 2 && !even(message) ? 'skip' : { retry: attempt }),
      },
    ),
  ...{ input, runs, slots: 2, fillsSlots: false },
  outputs: (numbers) => squares(numbers.filter(even)),
})

keepsTheLaws(pullStage, {
  make: () =>
    pullStage((each: number, turn) => {
      turn.emit({ type: 'warning', code: 'squared', message: `${each} is squared` })
      return each ** 2
    }),
  ...{ input, runs, slots: 1, outputs: squares, order: 'source' },
})

keepsTheLaws(through, {
  when: 'to an actor that several runs share',
  make: () => {
    const actor = new Actor(() => async (each: number) => each ** 2, { name: 'squares', slots: 2 })
    return through(actor.ask, { slots: 3 })
  },
  ...{ input, runs, slots: 3, outputs: squares },
})

keepsTheLaws(through, {
  when: 'to flights that several runs share',
  make: () => {
    const flights = new SingleFlight<number, number>()
    return through((each: number, scope) => flights.join(each, () => ticks(2).then(() => each ** 2), scope), {
      slots: 3,
    })
  },
  ...{ input: (seed) => seed % 4, runs, slots: 3, outputs: squares },
})

keepsTheLaws(through, {
  when: 'to work in a scope of its own',
  make: () =>
    through((each: number, scope) =>
      scoped(scope, (inner) => {
        inner.defer(() => ticks(2))
        return from(ticks(each % 3).then(() => each ** 2))
      }),
    ),
  ...{ input, runs, slots: 1, outputs: squares, order: 'source' },
})

keepsTheLaws(expand, {
  make: () => expand((each: number) => Flow.of(each, -each), { slots: 2 }),
  ...{ input, runs, slots: 2, outputs: both },
})

keepsTheLaws(expand, {
  when: 'in order, to flows of any length',
  make: () =>
    expand((each: number) => Flow.from(Array.from({ length: each % 4 }, () => each)), {
      slots: 3,
      order: 'source',
    }),
  ...{ input, runs, slots: 3, fillsSlots: false, order: 'source' },
  outputs: (numbers) => numbers.flatMap((each) => Array.from({ length: each % 4 }, () => each)),
})

keepsTheLaws(expand, {
  when: 'to observables with a buffer',
  make: () =>
    expand((each: number) => Flow.fromObservable(of(each, -each), { capacity: 2, overflow: 'fail' })),
  ...{ input, runs, slots: 1, outputs: both, order: 'source' },
})

keepsTheLaws(branch, {
  make: () =>
    branch((each: number) => (even(each) ? 'even' : 'odd'), {
      even: stage(async (each: number) => each ** 2),
      odd: stage((each: number) => [each ** 2], { slots: 2 }),
    }),
  input,
  runs,
  slots: 1 /* at the fork */ + 2 /* behind the cases */ + 1 + 2 /* in the cases */,
  fillsSlots: false,
  outputs: squares,
})

keepsTheLaws(compose, {
  make: () => {
    const twice: Stage<number, number> = stage(async (each) => each * 2, { slots: 2 })
    return compose(
      twice,
      expand((each) => Flow.of(each, -each)),
      keep((each) => each >= 0),
    )
  },
  input,
  runs,
  slots: 2 + 1,
  fillsSlots: false,
  outputs: (numbers) => numbers.flatMap((each) => (each === 0 ? [0, -0] : [each * 2])),
})

keepsTheLaws(keep, {
  make: () => keep(even),
  ...{ input, runs, slots: 0, order: 'source' },
  outputs: (numbers) => numbers.filter(even),
})

keepsTheLaws(lift, {
  make: () => lift(map((each: number) => each ** 2)),
  ...{ input, runs, slots: 0, outputs: squares, order: 'source' },
})

keepsTheLaws(identity, { make: () => identity<number>(), input, runs, slots: 0, ...unchanged })

keepsTheLaws(toArray, {
  make: () => toArray<number>(),
  ...{ input, runs, slots: Infinity }, // it has one result, of all elements
  outputs: (numbers) => [numbers],
})
