/** Runs targets on a number of inputs, and reports violations with what is needed to reproduce them. */
import { WindlassError } from '../../lib/errors.js'
import { Random } from './random.js'
import type { Target } from './targets.js'

/** A violation, with the number of the input that reproduces it. */
export interface Finding {
  readonly target: string
  readonly number: number
  readonly what: string
  readonly input: Buffer
}

export interface FuzzResult {
  readonly runs: number
  readonly accepted: number
  readonly findings: readonly Finding[]
  /** Duration of the slowest input in milliseconds. */
  readonly slowest: number
}

export interface FuzzOptions {
  readonly seed: number
  readonly from?: number
  readonly runs: number
  /** Maximum duration of an input in milliseconds. */
  readonly timeout?: number
  /** Called before each input. */
  readonly onInput?: (number: number) => void
}

/** Runs a target on `runs` inputs, starting with the input number `from`. The seed determines the inputs. */
export async function fuzz(
  name: string,
  target: Target,
  { seed, runs, from = 0, timeout = 3_000, onInput }: FuzzOptions,
): Promise<FuzzResult> {
  const findings: Finding[] = []
  let accepted = 0
  let slowest = 0
  let input: Buffer = Buffer.alloc(0)
  let number = from
  const recordFinding = (what: unknown): void => {
    const text = what instanceof Error ? (what.stack ?? what.message) : String(what)
    findings.push({ target: name, number, what: text, input })
  }
  process.on('unhandledRejection', recordFinding)
  try {
    for (; number < from + runs; number++) {
      onInput?.(number)
      const random = new Random(seed, name, number)
      input = target.make(random)
      const start = performance.now()
      try {
        await target.run(input, random)
        accepted++
      } catch (error) {
        if (!(error instanceof WindlassError) || error.code === 'INTERNAL') recordFinding(error)
      }
      const took = performance.now() - start
      slowest = Math.max(slowest, took)
      if (took > timeout) recordFinding(new Error(`It took ${Math.round(took)} ms`))
    }
  } finally {
    process.off('unhandledRejection', recordFinding)
  }
  return { runs, accepted, findings, slowest }
}
