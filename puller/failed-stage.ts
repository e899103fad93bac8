/** Finds the stage in which a run failed. */
import { WindlassError, asWindlassError } from '../lib/errors.js'
import { type FlowEvent, ProtocolError } from '../lib/flow/index.js'

/** Follows the events of a run and remembers which stage failed first. */
export class FailedStage {
  #first: { readonly name: string; readonly error: unknown } | undefined

  /** Records a failure if the event reports one. */
  see(event: FlowEvent): void {
    const { type, actor, error, verdict } = event
    if (type !== 'failure' || verdict === 'skip' || typeof verdict === 'object') return
    if (typeof actor === 'string') this.#first ??= { name: actor, error }
  }

  /**
   * Returns `error` as a WindlassError. An error that a stage threw and that is not a WindlassError becomes
   * STAGE_FAILED, with the name of the stage.
   */
  report(error: unknown): WindlassError {
    const known = asWindlassError(error)
    if (known === error || known.code !== 'INTERNAL' || error instanceof ProtocolError) return known
    if (this.#first === undefined || this.#first.error !== error) return known
    return new WindlassError('STAGE_FAILED', `The stage "${this.#first.name}" failed: ${known.message}`, {
      cause: error,
      hint: 'The stage threw this error itself; its cause has the stack trace.',
    })
  }
}
