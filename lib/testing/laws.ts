/**
 * Provides the laws of `lib/flow` as a test suite for any stage: that the stage follows demand, is bounded and releases
 * its resources. The suite is independent of the test runner: each law has a name and a check that rejects.
 */
import assert from 'node:assert/strict'
import type { Order, Stage } from '../flow/index.js'
import { deepEqual, mostFinished, sameElements } from './laws-outputs.js'
import { seeded } from './laws-random.js'
import { Trial, type TrialOptions } from './laws-trial.js'

/** Options of `stageLaws`. */
export interface LawOptions<In, Out> {
  /**
   * Returns an input for a seed, or a promise of one. With fast-check:
   * `(seed) => fc.sample(arbitrary, { seed, numRuns: 1 })[0]`.
   */
  readonly input: (seed: number) => In | Promise<In>
  /**
   * Number of slots of the stage; for a composed stage, the sum of its slots. `Infinity` for a stage that collects its
   * input, such as `toArray`.
   */
  readonly slots: number
  /**
   * Returns the expected outputs of the inputs. Unless `slots` is `Infinity`, the outputs of an input must not depend on
   * other inputs. Without this function, outputs are not compared, and each input is expected to have one. It is
   * required for a stage that drops or multiplies elements.
   */
  readonly outputs?: (inputs: readonly In[]) => readonly Out[]
  /** `source` if the outputs have to come in the order of `outputs`. Default: `arrival`, any order. */
  readonly order?: Order
  /** Compares two outputs (deep equality). */
  readonly equal?: (left: Out, right: Out) => boolean
  /** Number of random input sequences per law (30). */
  readonly runs?: number
  /** Seed of the input sequences (1). */
  readonly seed?: number
  /** Maximum length of an input sequence (12). */
  readonly longest?: number
  /** Milliseconds to wait for a stage that makes no progress (5000). */
  readonly timeout?: number
  /**
   * Returns the number of operations in progress that the stage has started: requests, reads, locks that are waited for.
   * It has to be 0 when the scope of a run has been closed, so laws that share it must not be checked concurrently.
   * Without this function, it is not checked.
   */
  readonly inProgress?: () => number
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
  /** Closes the scope of a trial. */
  readonly close: (trial: Trial<In, Out>) => Promise<void>
}

/**
 * Returns six laws of demand and release for a stage. Each of them also fails if a run leaves a dead letter or a cleanup
 * fails.
 * @param make returns a new stage for each run
 */
export function stageLaws<In, Out>(make: () => Stage<In, Out>, options: LawOptions<In, Out>): readonly Law[] {
  const { input, slots, outputs, order, runs = 30, seed = 1, longest = 12, timeout = 5000 } = options
  const { equal = deepEqual, inProgress = () => 0 } = options

  const law = (name: string, body: (each: Case<In, Out>) => Promise<void>): Law => ({
    name,
    check: async () => {
      for (let run = 0; run < runs; run++) {
        const runSeed = seed + run * 7919
        // Each law has inputs of its own: a stage may have stored the effect of those that it received before.
        const random = seeded(runSeed * 31 + Number(name[1]))
        const upTo = (max: number): number => Math.floor(random() * (max + 1))
        const inputs = await Promise.all(
          Array.from({ length: upTo(longest) }, () => input(upTo(2 ** 31 - 1))),
        )
        const trials: Trial<In, Out>[] = []
        const trial = (trialOptions: TrialOptions = {}): Trial<In, Out> => {
          const created = new Trial(make(), inputs, { slowSource: random() < 0.5, ...trialOptions })
          trials.push(created)
          return created
        }
        let left = 0
        const close = async ({ scope }: Trial<In, Out>): Promise<void> => {
          await scope.close({ within: timeout })
          left = Math.max(left, inProgress())
        }
        const failed = (what: string): Error =>
          new assert.AssertionError({
            message: `${name}: ${what} (seed ${runSeed}, ${inputs.length} inputs)`,
          })
        try {
          await body({ inputs, upTo, trial, close })
          for (const each of trials) assertUnfailed(each)
        } catch (error) {
          throw failed(error instanceof Error ? error.message : String(error))
        } finally {
          for (const each of trials) {
            each.leave()
            await close(each)
          }
        }
        const [problem] = trials.flatMap(({ problems }) => problems)
        if (problem !== undefined) throw failed(`it reported ${problem}`)
        if (left > 0) throw failed(`${left} operations were in progress when its scope had been closed`)
      }
    },
  })

  /** Checks that no more inputs are unfinished than there are slots. Call the result during a run. */
  const bounded = (inputs: readonly In[], each: Trial<In, Out>): (() => void) => {
    const counts = inputs.map((input) => outputs?.([input]).length ?? 1)
    return () => {
      const ahead = each.pulled - mostFinished(counts.slice(0, each.pulled), each.outputs.length)
      assert.ok(ahead <= slots, `read ${ahead} elements ahead, with ${slots} slots`)
    }
  }

  const readAll = async (each: Trial<In, Out>, check?: () => void): Promise<void> => {
    each.ask(Infinity)
    assert.ok(await each.until(() => false, timeout, check), `no end within ${timeout} ms`)
    assertUnfailed(each)
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
        await each.until(() => each.outputs.length > 0, timeout, check)
        const stalled = each.outputs.length
        await each.idle(20, check)
        assert.equal(each.outputs.length, stalled, 'it emitted to a reader who had not asked again')
        await readAll(each, check)
        assert.equal(each.end?.kind, 'complete')
        if (outputs !== undefined) sameElements(each.outputs, outputs(inputs), equal, order)
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
      async ({ trial, upTo, close }) => {
        const each = trial()
        each.ask(upTo(1) === 1 ? Infinity : 1 + upTo(3))
        await each.idle(upTo(12))
        const ended = each.ends
        each.leave()
        const emitted = each.outputs.length
        await close(each)
        await each.idle(3)
        assert.equal(each.outputs.length, emitted, 'it emitted after it was left')
        assert.equal(each.ends, ended, 'it ended after it was left')
        assert.equal(each.released, each.opened, `${each.opened} sources opened, ${each.released} let go`)
      },
    ),
  ]
}

function assertUnfailed({ failure }: { readonly failure: unknown }): void {
  assert.ok(failure === undefined, `it failed: ${String(failure)}`)
}
