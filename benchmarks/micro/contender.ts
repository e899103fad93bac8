/** One of those that the micro-benchmarks measure. */

export interface Contender {
  readonly group: string
  readonly name: string
  /** What is counted, and how much of it one run does. */
  readonly unit: 'element' | 'MB' | 'entry'
  readonly amount: number
  run(): Promise<void> | void
  /** Takes away what a run has left; not measured. */
  clear?(): void
}
