/** Ends a run with the plain line `N passed, N failed`, which any continuous integration can read. */
import type { Reporter, TestModule } from 'vitest/node'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * What became of a run. Whatever did not pass and was not skipped has failed: also a file that cannot be imported,
 * a hook that throws (its tests count as skipped to vitest), an error outside of any test, a test that was not reached.
 */
export function countTests(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Counts {
  let [passed, skipped, failed] = [0, 0, unhandledErrors.length]
  for (const module of modules) {
    failed += module.errors().length
    for (const suite of module.children.allSuites()) failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed++
      else if (state === 'skipped') skipped++
      else failed++
    }
  }
  return { passed, failed, skipped }
}

export default class ClosingLine implements Reporter {
  #counts: Counts = { passed: 0, failed: 0, skipped: 0 }

  onInit(): void {
    // On exit, for other reporters write theirs at the end of the run too; synchronous on a pipe, a file and a terminal.
    process.once('exit', (code) => {
      const { passed, failed, skipped } = this.#counts
      // An exit code that no counted failure explains (no test found, a crash) is a failure of its own.
      const unexplained = code !== 0 && failed === 0 ? 1 : 0
      if (skipped > 0) process.stdout.write(`\n${skipped} skipped`)
      process.stdout.write(`\n${passed} passed, ${failed + unexplained} failed\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#counts = countTests(modules, unhandledErrors)
  }
}
