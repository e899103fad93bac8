/**
 * Provides the laws of `lib/flow` as a test suite for any stage: a stage must follow demand, be bounded and release
 * its resources. The suite works with any test runner: each law has a name and a check that rejects if it is violated.
 */
import assert from 'node:assert/strict'
import type { Order, Stage } from '../flow/index.js'
import { deepEqual, maxFinished, assertSameElements } from './laws-outputs.js'
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
  /** Compares two outputs. Default: deep equality. */
  readonly equal?: (left: Out, right: Out) => boolean
  /** Number of random input sequences per law. Default: 30. */
  readonly runs?: number
  /** Seed of the input sequences. Default: 1. */
  readonly seed?: number
  /** Maximum length of an input sequence. Default: 12. */
  readonly maxInputs?: number
  /** Milliseconds to wait for a stage that makes no progress. Default: 5000. */
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
  const { input, slots, outputs, order, runs = 30, seed = 1, maxInputs = 12, timeout = 5000 } = options
  const { equal = deepEqual, inProgress = () => 0 } = options

  const law = (name: string, body: (each: Case<In, Out>) => Promise<void>): Law => ({
    name,
    check: async () => {
      for (let run = 0; run < runs; run++) {
        const runSeed = seed + run * 7919
        // Each law has other inputs, because a stage may behave differently for inputs that it has received before.
        const random = seeded(runSeed * 31 + Number(name[1]))
        const upTo = (max: number): number => Math.floor(random() * (max + 1))
        const inputs = await Promise.all(
          Array.from({ length: upTo(maxInputs) }, () => input(upTo(2 ** 31 - 1))),
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
          for (const each of trials) assertNotFailed(each)
        } catch (error) {
          throw failed(error instanceof Error ? error.message : String(error))
        } finally {
          for (const each of trials) {
            each.unsubscribe()
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
  const boundCheck = (inputs: readonly In[], each: Trial<In, Out>): (() => void) => {
    const counts = inputs.map((input) => outputs?.([input]).length ?? 1)
    return () => {
      const ahead = each.received - maxFinished(counts.slice(0, each.received), each.outputs.length)
      assert.ok(ahead <= slots, `read ${ahead} elements ahead, with ${slots} slots`)
    }
  }

  const readAll = async (each: Trial<In, Out>, check?: () => void): Promise<void> => {
    each.request(Infinity)
    assert.ok(await each.waitUntil(() => false, timeout, check), `no end within ${timeout} ms`)
    assertNotFailed(each)
    await each.waitTurns(3)
  }

  return [
    law('I1 emits no more elements than were requested', async ({ trial, upTo }) => {
      const each = trial()
      const check = (): void =>
        assert.ok(each.outputs.length <= each.requested, `${each.outputs.length} of ${each.requested}`)
      for (let round = 0; round < 4; round++) {
        each.request(1 + upTo(3))
        await each.waitUntil(() => each.outputs.length >= each.requested, 50, check)
        await each.waitTurns(3, check)
      }
    }),
    law('I2 reads ahead at most as many elements as it has slots', async ({ inputs, trial, upTo }) => {
      const each = trial()
      const check = boundCheck(inputs, each)
      for (let round = 0; round < 4; round++) {
        each.request(1 + upTo(2))
        await each.waitUntil(() => each.outputs.length >= each.requested, 50, check)
        await each.waitTurns(5, check)
      }
    }),
    law('I3 does nothing before the first demand', async ({ trial }) => {
      const each = trial()
      await each.waitTurns(5)
      assert.equal(each.received, 0, 'it read an element')
      assert.equal(each.outputs.length, 0, 'it emitted an element')
      assert.equal(each.end, undefined, 'it ended')
    }),
    law(
      'I4 keeps its slots until their results are emitted, and neither loses nor duplicates results',
      async ({ inputs, trial }) => {
        const each = trial()
        const check = boundCheck(inputs, each)
        each.request(1)
        await each.waitUntil(() => each.outputs.length > 0, timeout, check)
        const stalled = each.outputs.length
        await each.waitTurns(20, check)
        assert.equal(each.outputs.length, stalled, 'it emitted more elements than were requested')
        await readAll(each, check)
        assert.equal(each.end?.kind, 'complete')
        if (outputs !== undefined) assertSameElements(each.outputs, outputs(inputs), equal, order)
      },
    ),
    law('I5 ends once, after it has released its source', async ({ inputs, trial, upTo }) => {
      const failAfter = inputs.length > 0 && upTo(1) === 1 ? upTo(inputs.length - 1) : undefined
      const each = trial(failAfter === undefined ? {} : { failAfter })
      await readAll(each)
      assert.equal(each.end?.kind, failAfter === undefined ? 'complete' : 'error')
      assert.equal(each.end.stillOpen, 0, 'its source was still open when it ended')
      assert.equal(each.ends, 1, 'it ended more than once')
    }),
    law(
      'I6 emits nothing after its reader unsubscribes, releases its sources once, and lets the scope close',
      async ({ trial, upTo, close }) => {
        const each = trial()
        each.request(upTo(1) === 1 ? Infinity : 1 + upTo(3))
        await each.waitTurns(upTo(12))
        const ended = each.ends
        each.unsubscribe()
        const emitted = each.outputs.length
        await close(each)
        await each.waitTurns(3)
        assert.equal(each.outputs.length, emitted, 'it emitted after its reader had unsubscribed')
        assert.equal(each.ends, ended, 'it ended after its reader had unsubscribed')
        assert.equal(each.released, each.opened, `${each.opened} sources opened, ${each.released} released`)
      },
    ),
  ]
}

function assertNotFailed({ failure }: { readonly failure: unknown }): void {
  assert.ok(failure === undefined, `it failed: ${String(failure)}`)
}
