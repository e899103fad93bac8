/** A pull, a set of pulls, or other work with the store. */
export interface UnderWay {
  cancel(reason?: unknown): void
  closed(): Promise<void>
  /** Labels of what has not ended. */
  readonly running: readonly string[]
  readonly done?: Promise<unknown>
}
