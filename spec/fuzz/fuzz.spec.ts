/** A few thousand mutated inputs for everything that reads bytes of others; scripts/fuzz.ts runs a million. */
import { afterAll, describe, expect, it } from 'vitest'
import { applyTarget } from '../../testbench/fuzz/apply-target.js'
import { fuzz } from '../../testbench/fuzz/run.js'
import { targets } from '../../testbench/fuzz/targets.js'

const apply = applyTarget()
afterAll(() => apply.close())

/** The same inputs every time: what is found today is found tomorrow. */
const seed = 1
const few: Readonly<Record<string, number>> = { gzip: 150, zstd: 150, apply: 250, tar: 400 }

describe('mutated inputs', () => {
  it.each(Object.entries({ ...targets, apply }))(
    '%s: no crash, no hang, nothing thrown but a WindlassError',
    async (name, target) => {
      const { findings, accepted, runs } = await fuzz(name, target, {
        seed,
        runs: few[name] ?? 500,
        timeout: 10_000,
      })
      expect(findings.map(({ number, what }) => `${number}: ${what}`)).toEqual([])
      // Inputs that are all refused, or all accepted, would test nothing.
      expect(accepted).toBeGreaterThan(0)
      expect(accepted).toBeLessThan(['header', 'challenge', 'link'].includes(name) ? runs + 1 : runs)
    },
  )
})
