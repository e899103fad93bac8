/**
 * Provides the laws of `lib/flow` as a test suite for any stage: that the stage follows demand, is bounded and releases
 * its resources. The suite is independent of the test runner: each law has a name and a check that rejects.
 */
import assert from 'node:assert/strict'
import type { Stage } from '../flow/index.js'
import { seeded } from './laws-random.js'
import { Trial, type TrialOptions } from './laws-trial.js'

/** Options of `stageLaws`. */
export interface LawOptions<In, Out> {
  /** Returns an input for a seed. With fast-check: `(seed) => fc.sample(arbitrary, { seed, numRuns: 1 })[0]`. */
  readonly input: (seed: number) => In
  /** Number of slots of the stage; for a composed stage, the sum of its slots. */
  readonly slots: number
  /**
   * Returns the expected outputs of the inputs, in any order. The outputs of an input must not depend on other inputs.
   * Without this function, outputs are not compared. It is required for a stage that drops elements.
   */
  readonly outputs?: (inputs: readonly In[]) => readonly Out[]
  /** Compares two outputs (deep equality). */
  readonly equal?: (left: Out, right: Out) => boolean
  /** Number of random input sequences per law (30). */
  readonly runs?: number
  /** Seed of the input sequences (1). */
  readonly seed?: number
  /** Maximum length of an input sequence (12). */
  readonly longest?: number
  /** Milliseconds to wait for a stage that makes no progress (5000). */
  readonly patience?: number
}

/** A law that a stage must satisfy. */
export interface Law {
  readonly name: string
  /** Checks the law. Rejects with an AssertionError that contains the seed. */
  check(): Promise<void>
}

interface Case<In, Out> {
  readonly inputs: readonly In[]
  /** Returns a random integer from 0 to `max` inclusive. */
  readonly upTo: (max: number) => number
  readonly trial: (options?: TrialOptions) => Trial<In, Out>
}

/**
 * Returns six laws of demand and release for a stage.
 * @param make returns a new stage for each run
 */
export function stageLaws<In, Out>(make: () => Stage<In, Out>, options: LawOptions<In, Out>): readonly Law[] {
  const { input, slots, outputs, runs = 30, seed = 1, longest = 12, patience = 5000 } = options
  const equal = options.equal ?? deepEqual

  const law = (name: string, body: (each: Case<In, Out>) => Promise<void>): Law => ({
    name,
    check: async () => {
      for (let run = 0; run < runs; run++) {
        const random = seeded(seed + run * 7919)
        const upTo = (max: number): number => Math.floor(random() * (max + 1))
        const inputs = Array.from({ length: upTo(longest) }, () => input(upTo(2 ** 31 - 1)))
        const trials: Trial<In, Out>[] = []
        const trial = (trialOptions: TrialOptions = {}): Trial<In, Out> => {
          const created = new Trial(make(), inputs, { slowSource: random() < 0.5, ...trialOptions })
          trials.push(created)
          return created
        }
        try {
          await body({ inputs, upTo, trial })
          for (const each of trials)
            assert.equal(each.failure, undefined, `it failed: ${String(each.failure)}`)
        } catch (error) {
          const what = error instanceof Error ? error.message : String(error)
          throw new assert.AssertionError({
            message: `${name}: ${what} (seed ${seed + run * 7919}, ${inputs.length} inputs)`,
          })
        } finally {
          for (const each of trials) {
            each.leave()
            await each.scope.close({ within: patience })
          }
        }
      }
    },
  })

  /** Number of the first `count` inputs that have no output. */
  const dropped = (inputs: readonly In[], count: number): number =>
    outputs === undefined ? 0 : inputs.slice(0, count).filter((each) => outputs([each]).length === 0).length

  const bounded = (inputs: readonly In[], each: Trial<In, Out>) => (): void => {
    const ahead = each.pulled - dropped(inputs, each.pulled) - each.outputs.length
    assert.ok(ahead <= slots, `read ${ahead} elements ahead, with ${slots} slots`)
  }

  const readAll = async (each: Trial<In, Out>, check?: () => void): Promise<void> => {
    each.ask(Infinity)
    assert.ok(await each.until(() => false, patience, check), `no end within ${patience} ms`)
    await each.idle(3)
  }

  return [
    law('I1 emits no more than was asked for', async ({ trial, upTo }) => {
      const each = trial()
      const check = (): void =>
        assert.ok(each.outputs.length <= each.asked, `${each.outputs.length} of ${each.asked}`)
      for (let round = 0; round < 4; round++) {
        each.ask(1 + upTo(3))
        await each.until(() => each.outputs.length >= each.asked, 50, check)
        await each.idle(3, check)
      }
    }),
    law('I2 reads ahead no more than its slots', async ({ inputs, trial, upTo }) => {
      const each = trial()
      const check = bounded(inputs, each)
      for (let round = 0; round < 4; round++) {
        each.ask(1 + upTo(2))
        await each.until(() => each.outputs.length >= each.asked, 50, check)
        await each.idle(5, check)
      }
    }),
    law('I3 does nothing before the first demand', async ({ trial }) => {
      const each = trial()
      await each.idle(5)
      assert.equal(each.pulled, 0, 'it read an element')
      assert.equal(each.outputs.length, 0, 'it emitted an element')
      assert.equal(each.end, undefined, 'it ended')
    }),
    law(
      'I4 holds its slots until results have left, and loses and doubles nothing',
      async ({ inputs, trial }) => {
        const each = trial()
        const check = bounded(inputs, each)
        each.ask(1)
        await each.until(() => each.outputs.length > 0, patience, check)
        const stalled = each.outputs.length
        await each.idle(20, check)
        assert.equal(each.outputs.length, stalled, 'it emitted to a reader who had not asked again')
        await readAll(each, check)
        assert.equal(each.end?.kind, 'complete', 'it failed')
        if (outputs !== undefined) sameElements(each.outputs, outputs(inputs), equal)
      },
    ),
    law('I5 tells its end once, after everything was let go', async ({ inputs, trial, upTo }) => {
      const failAfter = inputs.length > 0 && upTo(1) === 1 ? upTo(inputs.length - 1) : undefined
      const each = trial(failAfter === undefined ? {} : { failAfter })
      await readAll(each)
      assert.equal(each.end?.kind, failAfter === undefined ? 'complete' : 'error')
      assert.equal(each.end.stillOpen, 0, 'its source was still open when the end was told')
      assert.equal(each.ends, 1, 'it ended more than once')
    }),
    law(
      'I6 emits nothing after it is left, lets everything go once, and the scope can be closed',
      async ({ trial, upTo }) => {
        const each = trial()
        each.ask(upTo(1) === 1 ? Infinity : 1 + upTo(3))
        await each.idle(upTo(12))
        const ended = each.ends
        each.leave()
        const emitted = each.outputs.length
        await each.scope.close({ within: patience })
        await each.idle(3)
        assert.equal(each.outputs.length, emitted, 'it emitted after it was left')
        assert.equal(each.ends, ended, 'it ended after it was left')
        assert.equal(each.released, each.opened, `${each.opened} sources opened, ${each.released} let go`)
      },
    ),
  ]
}

function deepEqual(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right)
    return true
  } catch {
    return false
  }
}

function sameElements<T>(
  actual: readonly T[],
  expected: readonly T[],
  equal: (left: T, right: T) => boolean,
): void {
  const left = [...expected]
  for (const each of actual) {
    const at = left.findIndex((other) => equal(each, other))
    assert.ok(at >= 0, 'something came out that should not, or twice')
    left.splice(at, 1)
  }
  assert.equal(left.length, 0, `${left.length} of ${expected.length} results are missing`)
}
