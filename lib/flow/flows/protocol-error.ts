/** The one error that lib/flow makes itself: somebody did not keep to the contract between a flow and its reader. */

/** A misuse of the framework, such as a demand that is no number or a flow that emits more than it was asked for. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'

  /** @param stage the flow, stage or actor in which it was seen */
  constructor(
    readonly stage: string,
    what: string,
  ) {
    super(`${stage}: ${what}`)
  }
}
