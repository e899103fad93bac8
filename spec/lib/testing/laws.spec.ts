import fc from 'fast-check'
import { NEVER, Observable, catchError, defer, map, mergeMap, of, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import {
  Flow,
  type Order,
  type Stage,
  branch,
  compose,
  expand,
  keep,
  lift,
  stage,
  toArray,
} from '../../../lib/flow/index.js'
import { type LawOptions, stageLaws } from '../../../lib/testing/laws.js'
import { seededRandom } from '../../../lib/testing/laws-random.js'

const input = (seed: number): number => seed % 1000
const slots2: LawOptions<number, number> = {
  input,
  slots: 2,
  runs: 12,
  outputs: (inputs) => inputs.map((each) => each + 1),
}

describe.each<[string, () => Stage<number, number>, LawOptions<number, number>]>([
  ['a promise', () => stage(async (each: number) => each + 1, { slots: 2 }), slots2],
  ['a timer', () => stage((each: number) => timer(each % 3).pipe(map(() => each + 1)), { slots: 2 }), slots2],
  ['an operator', () => lift(map((each: number) => each + 1)), { ...slots2, slots: 0 }],
  [
    'a filter',
    () => keep((each: number) => each % 2 === 0),
    { ...slots2, slots: 0, outputs: (inputs) => inputs.filter((each) => each % 2 === 0) },
  ],
  [
    'one to many',
    () => expand((each: number) => Flow.of(each, -each), { slots: 2 }),
    { ...slots2, outputs: (inputs) => inputs.flatMap((each) => [each, -each]) },
  ],
  [
    'results in the order of the source',
    () => stage((each: number) => timer(each % 3).pipe(map(() => each + 1)), { slots: 2, order: 'source' }),
    { ...slots2, order: 'source' },
  ],
  [
    'inputs that are promises',
    () => stage((each: number) => [each + 1]),
    { ...slots2, input: async (seed) => seed % 1000 },
  ],
  [
    'a composition with a branch',
    () =>
      compose(
        stage(async (each: number) => each + 1, { slots: 2 }),
        branch((each: number) => (each % 2 === 0 ? 'even' : 'odd'), {
          even: stage((each: number) => timer(1).pipe(map(() => each))),
          odd: stage((each: number) => [each]),
        }),
      ),
    { ...slots2, slots: 2 + 1 /* at the fork */ + 2 /* in the cases */ + 2 /* ready behind them */ },
  ],
])('the laws hold for %s', (_, make, options) => {
  for (const law of stageLaws(make, options)) it(law.name, () => law.check())
})

/** Returns the numbers of the laws that a stage violates. */
async function violatedLaws(
  make: () => Stage<number, number>,
  options: Partial<LawOptions<number, number>> = {},
): Promise<string[]> {
  const laws = stageLaws(make, { ...slots2, runs: 8, timeout: 60, ...options })
  const names: string[] = []
  for (const law of laws) await law.check().catch(() => names.push(law.name.slice(0, 2)))
  return names
}

/** A stage that requests all elements at once, as an operator of RxJS does. */
const ignoringDemand: Stage<number, number> = (flow) =>
  new Flow((_demand, scope) => flow.toObservable(scope).pipe(mergeMap((each) => of(each + 1), 2)))

/** A stage that does not unsubscribe from its input. */
const leaky: Stage<number, number> = (flow) =>
  new Flow((demand, scope) => {
    const input = flow.pipe(lift(map((each) => each + 1))).open(demand, scope)
    return new Observable((out) => {
      input.subscribe({
        next: (each) => out.next(each),
        error: (error) => out.error(error),
        complete: () => out.complete(),
      })
    })
  })

describe('the laws detect', () => {
  it('a stage that reads more elements than it has slots', async () => {
    expect(await violatedLaws(() => stage(async (each: number) => each + 1, { slots: 4 }))).toEqual([
      'I2',
      'I4',
    ])
  })

  it('a stage that ignores demand', async () => {
    expect(await violatedLaws(() => ignoringDemand)).toEqual(expect.arrayContaining(['I1', 'I3', 'I4']))
  })

  it('lost and duplicated elements', async () => {
    expect(await violatedLaws(() => keep((each: number) => each % 2 === 0))).toContain('I4')
    expect(await violatedLaws(() => expand((each: number) => Flow.of(each + 1, each + 1)))).toContain('I4')
  })

  it('reading ahead too far in a stage with several results per element', async () => {
    const twice = (slots: number) => () => expand((each: number) => Flow.of(each, each), { slots })
    const options = { outputs: (inputs: readonly number[]) => inputs.flatMap((each) => [each, each]) }
    expect(await violatedLaws(twice(2), options)).toEqual([])
    expect(await violatedLaws(twice(3), options)).toEqual(['I2', 'I4'])
  })

  it('results in a wrong order', async () => {
    const jittery = (order: Order) => () =>
      stage((each: number) => timer((each % 3) * 3).pipe(map(() => each + 1)), { slots: 2, order })
    expect(await violatedLaws(jittery('arrival'), { order: 'source', timeout: 2000 })).toEqual(['I4'])
    expect(await violatedLaws(jittery('source'), { order: 'source', timeout: 2000 })).toEqual([])
  })

  it('wrong results of a stage that collects its input', async () => {
    const sum: Stage<number, number> = compose(
      toArray<number>(),
      lift(map((all) => all.reduce((total, each) => total + each, 0))),
    )
    const options = { slots: Infinity, outputs: (all: readonly number[]) => [all.reduce((a, b) => a + b, 0)] }
    expect(await violatedLaws(() => sum, options)).toEqual([])
    expect(
      await violatedLaws(
        () =>
          compose(
            sum,
            keep((each) => each === 0),
          ),
        options,
      ),
    ).toEqual(['I4'])
  })

  it('an error of the stage that hides the error of the source', async () => {
    const hiding: Stage<number, number> = (flow) =>
      lift<number, number>(
        catchError((): Observable<number> => {
          throw new Error('something went wrong')
        }),
      )(flow.pipe(lift(map((each) => each + 1))))
    expect(await violatedLaws(() => hiding)).toEqual(['I5'])
    const wrapping: Stage<number, number> = (flow) =>
      lift<number, number>(
        catchError((cause: unknown): Observable<number> => {
          throw new Error('something went wrong', { cause })
        }),
      )(flow.pipe(lift(map((each) => each + 1))))
    expect(await violatedLaws(() => wrapping)).toEqual([])
  })

  it('work that continues after the scope was closed', async () => {
    let inProgress = 0
    const answer = async (each: number): Promise<number> => {
      inProgress++
      await new Promise((resolve) => setTimeout(resolve, 5))
      inProgress--
      return each + 1
    }
    const options = { inProgress: () => inProgress, timeout: 2000 }
    const held = () => stage(answer, { slots: 2 })
    // Unsubscribing from an observable does not wait for the promise in it.
    const unheld = () => stage((each: number) => defer(() => answer(each)), { slots: 2 })
    expect(await violatedLaws(held, options)).toEqual([])
    expect(await violatedLaws(unheld, options)).toContain('I6')
  })

  it('a cleanup that fails, and an error that no reader receives', async () => {
    const unclean = stage((each: number, turn) => {
      turn.defer(() => {
        throw new Error('cannot clean up')
      })
      return each + 1
    })
    expect(await violatedLaws(() => unclean)).toContain('I4')
    const late = stage(async (each: number, { signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (signal.aborted) throw new Error('was left')
      return each + 1
    })
    expect(await violatedLaws(() => late, { timeout: 2000 })).toContain('I6')
    const cancelled = stage(async (each: number, { signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      signal.throwIfAborted()
      return each + 1
    })
    expect(await violatedLaws(() => cancelled, { timeout: 2000 })).toEqual([])
  })

  it('a stage that never ends', async () => {
    expect(await violatedLaws(() => stage(() => NEVER))).toEqual(['I4', 'I5'])
  })

  it('a source that is not released', async () => {
    expect(await violatedLaws(() => leaky)).toContain('I6')
  })

  it('a scope that cannot be closed', async () => {
    const hanging = stage(
      (each: number, turn) => {
        turn.scope.hold(new Promise(() => undefined), 'hanging')
        return [each + 1]
      },
      { slots: 2 },
    )
    expect(await violatedLaws(() => hanging)).toContain('I6')
  })

  it('a violation reproducibly: the message contains the seed', async () => {
    const [law] = stageLaws(() => keep((each: number) => each > 500), { ...slots2 }).filter(({ name }) =>
      name.startsWith('I4'),
    )
    const first: unknown = await law!.check().catch((error: unknown) => error)
    expect(first).toMatchObject({ code: 'ERR_ASSERTION', message: expect.stringMatching(/seed \d+/) })
    const seed = Number(/seed (\d+)/.exec(String(first))![1])
    const [again] = stageLaws(() => keep((each: number) => each > 500), { ...slots2, seed, runs: 1 }).filter(
      ({ name }) => name.startsWith('I4'),
    )
    await expect(again!.check()).rejects.toMatchObject({ message: (first as Error).message })
  })
})

it('random numbers are in [0, 1), differ, and are the same for the same seed', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const take = (): number[] => Array.from({ length: 20 }, seededRandom(seed))
      const values = take()
      expect(take()).toEqual(values)
      expect(values.every((each) => each >= 0 && each < 1)).toBe(true)
      expect(new Set(values).size).toBeGreaterThan(15)
    }),
    { numRuns: 300 },
  )
})
