/** Provides `runForResult`, which runs a flow that emits one value. */
import { WindlassError } from '../lib/errors.js'
import { type Flow, type Scope, run } from '../lib/flow/index.js'

/**
 * Runs `flow` and returns its first element. The caller closes the scope.
 * @throws the error of the flow; CANCELLED when `signal` aborts; INTERNAL when the flow emits nothing
 */
export async function runForResult<T>(flow: Flow<T>, scope: Scope, signal?: AbortSignal): Promise<T> {
  const found: T[] = []
  const running = run(flow, (value) => [found.push(value)], scope)
  const cancel = (): void => running.cancel(cancelledError(signal?.reason))
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    await running.done
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
  const [value] = found
  if (value === undefined) throw new WindlassError('INTERNAL', 'The work ended without a result')
  return value
}

/** Returns the CANCELLED error for work that was cancelled because of `cause`; `cause` itself if it is CANCELLED. */
export const cancelledError = (cause: unknown, what = 'work'): WindlassError =>
  cause instanceof WindlassError && cause.code === 'CANCELLED'
    ? cause
    : new WindlassError('CANCELLED', `The ${what} was cancelled`, { cause })
