/** Provides `StillRunningError`, with which `Scope.close` rejects when it times out. */

/** A scope did not close in time. */
export class StillRunningError extends Error {
  override readonly name = 'StillRunningError'

  /**
   * @param labels names of the work that has not ended
   * @param within the timeout, in milliseconds
   */
  constructor(
    readonly labels: readonly string[],
    within: number,
  ) {
    super(`Still running after ${within} ms: ${labels.join(', ')}`)
  }
}
