/** What `Scope.close` fails with when its time is up. */

export class StillRunningError extends Error {
  override readonly name = 'StillRunningError'

  /** @param labels of what has not ended yet */
  constructor(
    readonly labels: readonly string[],
    within: number,
  ) {
    super(`Still running after ${within} ms: ${labels.join(', ')}`)
  }
}
