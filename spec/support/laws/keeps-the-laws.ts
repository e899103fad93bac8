/** Runs the laws of `lib/testing/laws.ts` over a stage. `spec/house/laws.spec.ts` finds the stages by these calls. */
import { map } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type Stage, compose, lift } from '../../../lib/flow/index.js'
import { type LawOptions, stageLaws } from '../../../lib/testing/index.js'
import { seededRandom } from '../../../lib/testing/laws-random.js'
import { Trial } from '../../../lib/testing/laws-trial.js'

/** A stage, and what the laws need to know of it. */
export interface Subject<In, Out, Shown> extends LawOptions<In, Shown> {
  /** Makes the stage. Has to call the maker that the laws are run for. */
  readonly make: () => Stage<In, Out>
  /** Returns the part of an output that `outputs` states. Default: the output. */
  readonly shows?: (output: Out) => Shown
  /** What is special about this stage, for a maker that is run more than once. */
  readonly when?: string
  /** False if the inputs decide how far the stage reads ahead, so that `slots` is only a maximum (true). */
  readonly fillsSlots?: boolean
}

/** Options for a stage that passes its elements on unchanged, one after the other. */
export const unchanged = {
  outputs: <T>(inputs: readonly T[]): readonly T[] => inputs,
  equal: Object.is,
  order: 'source',
} as const

/**
 * Runs the laws over the stage that `make` returns, and checks that `slots` is not too large: the stage fills them while
 * its reader waits. By default, there may be more inputs than slots, so that the bound can be exceeded.
 * @param maker the exported function that makes the stage
 */
export function keepsTheLaws<In, Out, Shown = Out>(
  maker: (...values: never[]) => unknown,
  { make, shows, when, fillsSlots = true, ...laws }: Subject<In, Out, Shown>,
): void {
  const { slots, input } = laws
  const longest = laws.maxInputs ?? (slots === Infinity ? 8 : slots + 6)
  const options = { runs: 6, timeout: 60_000, ...laws, longest }
  const shown = lift<Out, Shown>(map((output) => (shows ? shows(output) : (output as never))))
  const makeShown = (): Stage<In, Shown> => compose(make(), shown)

  describe(when === undefined ? maker.name : `${maker.name}, ${when}`, () => {
    for (const law of stageLaws(makeShown, options)) it(law.name, () => law.check())

    if (!fillsSlots || slots === 0 || slots === Infinity) return
    it('reads ahead as far as its slots', async () => {
      const random = seededRandom(7)
      const inputs = await Promise.all(
        Array.from({ length: longest }, () => input(Math.floor(random() * 2 ** 31))),
      )
      const trial = new Trial(makeShown(), inputs)
      const outputsOfOne = laws.outputs?.(inputs.slice(0, 1)).length ?? 1
      const expected = Math.min(longest, outputsOfOne === 1 ? slots + 1 : slots)
      try {
        trial.request(1)
        await trial.waitUntil(() => trial.outputs.length > 0 && trial.received >= expected, options.timeout)
        expect(trial.received).toBe(expected)
      } finally {
        trial.unsubscribe()
        await trial.scope.close({ within: options.timeout })
      }
    })
  })
}
