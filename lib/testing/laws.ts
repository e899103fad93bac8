/**
 * Tests any stage against the laws of `lib/flow`: a stage emits only on demand, processes at most as many elements as
 * it has slots, and releases its resources. The tests work with any test runner: each has a name and a function that
 * rejects if the law is violated.
 */
import assert from 'node:assert/strict'
import type { Order, Stage } from '../flow/index.js'
import { isDeepEqual, maxFinished, assertSameElements } from './laws-outputs.js'
import { seededRandom } from './laws-random.js'
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
   * whole input before it emits, such as `toArray`.
   */
  readonly slots: number
  /**
   * Returns the expected outputs of the inputs. Unless `slots` is `Infinity`, the outputs of an input must not depend
   * on other inputs. Without this function, outputs are not compared, and each input must have exactly one output.
   */
  readonly outputs?: (inputs: readonly In[]) => readonly Out[]
  /** `source`: the outputs must have the order of `outputs`. `arrival` (default): they may have any order. */
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
   * Returns the number of unfinished operations that the stage has started, such as requests, reads and waits for
   * locks. It must be 0 after the scope of a run has been closed, so laws that share this function must not be checked
   * concurrently. Without it, unfinished operations are not checked.
   */
  readonly inProgress?: () => number
}

/** A law that a stage must satisfy. */
export interface Law {
  readonly name: string
  /** Checks the law. Rejects with an AssertionError that contains the seed. */
  check(): Promise<void>
}

/** Inputs and functions for one run of a law. */
interface LawRun<In, Out> {
  readonly inputs: readonly In[]
  /** Returns a random integer from 0 to `max` inclusive. */
  readonly randomUpTo: (max: number) => number
  /** Runs a new stage on the inputs. */
  readonly startTrial: (options?: TrialOptions) => Trial<In, Out>
  /** Closes the scope of a trial. */
  readonly close: (trial: Trial<In, Out>) => Promise<void>
}

/**
 * Returns six laws for a stage. Each of them also fails if a run reports an error that no reader received (a dead
 * letter), or a cleanup that failed.
 * @param make returns a new stage for each run
 */
export function stageLaws<In, Out>(make: () => Stage<In, Out>, options: LawOptions<In, Out>): readonly Law[] {
  const { input, slots, outputs, order, runs = 30, seed = 1, maxInputs = 12, timeout = 5000 } = options
  const { equal = isDeepEqual, inProgress = () => 0 } = options

  const law = (name: string, body: (run: LawRun<In, Out>) => Promise<void>): Law => ({
    name,
    check: async () => {
      for (let run = 0; run < runs; run++) {
        const runSeed = seed + run * 7919
        // Each law has other inputs, because a stage may behave differently for inputs that it has received before.
        const random = seededRandom(runSeed * 31 + Number(name[1]))
        const randomUpTo = (max: number): number => Math.floor(random() * (max + 1))
        const inputs = await Promise.all(
          Array.from({ length: randomUpTo(maxInputs) }, () => input(randomUpTo(2 ** 31 - 1))),
        )
        const trials: Trial<In, Out>[] = []
        const startTrial = (trialOptions: TrialOptions = {}): Trial<In, Out> => {
          const created = new Trial(make(), inputs, { slowSource: random() < 0.5, ...trialOptions })
          trials.push(created)
          return created
        }
        let maxUnfinished = 0
        const close = async ({ scope }: Trial<In, Out>): Promise<void> => {
          await scope.close({ within: timeout })
          maxUnfinished = Math.max(maxUnfinished, inProgress())
        }
        const lawError = (what: string): Error =>
          new assert.AssertionError({
            message: `${name}: ${what} (seed ${runSeed}, ${inputs.length} inputs)`,
          })
        try {
          await body({ inputs, randomUpTo, startTrial, close })
          for (const trial of trials) assertNotFailed(trial)
        } catch (error) {
          throw lawError(error instanceof Error ? error.message : String(error))
        } finally {
          for (const trial of trials) {
            trial.unsubscribe()
            await close(trial)
          }
        }
        const [problem] = trials.flatMap(({ problems }) => problems)
        if (problem !== undefined) throw lawError(`it reported ${problem}`)
        if (maxUnfinished > 0)
          throw lawError(`${maxUnfinished} operations were unfinished after its scope had been closed`)
      }
    },
  })

  /** Returns a function to call during a run. It checks that at most as many inputs as slots are unfinished. */
  const createBoundCheck = (inputs: readonly In[], trial: Trial<In, Out>): (() => void) => {
    const counts = inputs.map((input) => outputs?.([input]).length ?? 1)
    return () => {
      const ahead = trial.received - maxFinished(counts.slice(0, trial.received), trial.outputs.length)
      assert.ok(ahead <= slots, `read ${ahead} elements ahead, with ${slots} slots`)
    }
  }

  const readAll = async (trial: Trial<In, Out>, check?: () => void): Promise<void> => {
    trial.request(Infinity)
    assert.ok(await trial.waitUntil(() => false, timeout, check), `no end within ${timeout} ms`)
    assertNotFailed(trial)
    await trial.waitEventLoopTurns(3)
  }

  return [
    law('I1 emits no more elements than were requested', async ({ startTrial, randomUpTo }) => {
      const trial = startTrial()
      const check = (): void =>
        assert.ok(trial.outputs.length <= trial.requested, `${trial.outputs.length} of ${trial.requested}`)
      for (let round = 0; round < 4; round++) {
        trial.request(1 + randomUpTo(3))
        await trial.waitUntil(() => trial.outputs.length >= trial.requested, 50, check)
        await trial.waitEventLoopTurns(3, check)
      }
    }),
    law(
      'I2 reads ahead at most as many elements as it has slots',
      async ({ inputs, startTrial, randomUpTo }) => {
        const trial = startTrial()
        const check = createBoundCheck(inputs, trial)
        for (let round = 0; round < 4; round++) {
          trial.request(1 + randomUpTo(2))
          await trial.waitUntil(() => trial.outputs.length >= trial.requested, 50, check)
          await trial.waitEventLoopTurns(5, check)
        }
      },
    ),
    law('I3 does nothing before the first demand', async ({ startTrial }) => {
      const trial = startTrial()
      await trial.waitEventLoopTurns(5)
      assert.equal(trial.received, 0, 'it read an element')
      assert.equal(trial.outputs.length, 0, 'it emitted an element')
      assert.equal(trial.end, undefined, 'it ended')
    }),
    law(
      'I4 keeps its slots until their results are emitted, and neither loses nor duplicates results',
      async ({ inputs, startTrial }) => {
        const trial = startTrial()
        const check = createBoundCheck(inputs, trial)
        trial.request(1)
        await trial.waitUntil(() => trial.outputs.length > 0, timeout, check)
        const stalled = trial.outputs.length
        await trial.waitEventLoopTurns(20, check)
        assert.equal(trial.outputs.length, stalled, 'it emitted more elements than were requested')
        await readAll(trial, check)
        assert.equal(trial.end?.kind, 'complete')
        if (outputs !== undefined) assertSameElements(trial.outputs, outputs(inputs), equal, order)
      },
    ),
    law('I5 ends once, after it has released its source', async ({ inputs, startTrial, randomUpTo }) => {
      const failAfter = inputs.length > 0 && randomUpTo(1) === 1 ? randomUpTo(inputs.length - 1) : undefined
      const trial = startTrial(failAfter === undefined ? {} : { failAfter })
      await readAll(trial)
      assert.equal(trial.end?.kind, failAfter === undefined ? 'complete' : 'error')
      assert.equal(trial.end.stillOpen, 0, 'its source was still open when it ended')
      assert.equal(trial.endCount, 1, 'it ended more than once')
    }),
    law(
      'I6 emits nothing after its reader unsubscribes, releases its sources once, and lets the scope close',
      async ({ startTrial, randomUpTo, close }) => {
        const trial = startTrial()
        trial.request(randomUpTo(1) === 1 ? Infinity : 1 + randomUpTo(3))
        await trial.waitEventLoopTurns(randomUpTo(12))
        const ended = trial.endCount
        trial.unsubscribe()
        const emitted = trial.outputs.length
        await close(trial)
        await trial.waitEventLoopTurns(3)
        assert.equal(trial.outputs.length, emitted, 'it emitted after its reader had unsubscribed')
        assert.equal(trial.endCount, ended, 'it ended after its reader had unsubscribed')
        assert.equal(
          trial.released,
          trial.opened,
          `${trial.opened} sources opened, ${trial.released} released`,
        )
      },
    ),
  ]
}

function assertNotFailed({ failure }: { readonly failure: unknown }): void {
  assert.ok(failure === undefined, `it failed: ${String(failure)}`)
}
