/** Provides the error for violations of the contract between a flow and its reader. */

/** Thrown on misuse of the framework: invalid demand, an invalid option, a flow that emits more than requested. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'

  /** @param stage name of the flow, stage or actor that detected the violation */
  constructor(
    readonly stage: string,
    what: string,
  ) {
    super(`${stage}: ${what}`)
  }
}
