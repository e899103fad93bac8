/** Finds the stage in which a run failed. */
import { WindlassError, asWindlassError } from '../lib/errors.js'
import { type FlowEvent, ProtocolError } from '../lib/flow/index.js'

/** Determines from the events of a run which stage failed first. */
export class FailedStage {
  #first: { readonly name: string; readonly error: unknown } | undefined

  /** Records the failure of a stage. A failure that is retried or skipped does not fail the run, and is ignored. */
  record(event: FlowEvent): void {
    const { type, actor, error, verdict } = event
    if (type !== 'failure' || verdict === 'skip' || typeof verdict === 'object') return
    if (typeof actor === 'string') this.#first ??= { name: actor, error }
  }

  /**
   * Converts `error` to a WindlassError. If a stage threw an error of another class, the result is STAGE_FAILED with
   * the name of the stage.
   */
  toWindlassError(error: unknown): WindlassError {
    const known = asWindlassError(error)
    if (known === error || known.code !== 'INTERNAL' || error instanceof ProtocolError) return known
    if (this.#first === undefined || this.#first.error !== error) return known
    return new WindlassError('STAGE_FAILED', `The stage "${this.#first.name}" failed: ${known.message}`, {
      cause: error,
      hint: 'The stage threw this error itself. In the program, `error.cause` is the error with its stack trace.',
    })
  }
}
