/** An operation of a puller in progress: a pull, a set of pulls, a copy, or other work with the store. */
export interface RunningOperation {
  /** Cancels the operation. */
  cancel(reason?: unknown): void
  /** Resolves when the operation has released all its resources. */
  closed(): Promise<void>
  /** Labels of what still runs. */
  readonly running: readonly string[]
  /** Settles with the result, before the resources are released. */
  readonly done?: Promise<unknown>
}
