/** Defines a contender of the micro-benchmarks. */

export interface Contender {
  readonly group: string
  readonly name: string
  /** Counted unit, and the number of units per run. */
  readonly unit: 'element' | 'MB' | 'entry'
  readonly amount: number
  run(): Promise<void> | void
  /** Cleans up after a run. It is not measured. */
  clear?(): void
}
