/** Reads what a flow has, for work that ends with one value and can be given up. */
import { WindlassError } from '../lib/errors.js'
import { type Flow, type Scope, run } from '../lib/flow/index.js'

/**
 * The one element of `flow`. Whoever calls closes the scope.
 * @throws what the flow fails with; CANCELLED when `signal` aborts
 */
export async function only<T>(flow: Flow<T>, scope: Scope, signal?: AbortSignal): Promise<T> {
  const found: T[] = []
  const running = run(flow, (value) => [found.push(value)], scope)
  const cancel = (): void => running.cancel(cancelled(signal?.reason))
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

/** What ends work that was asked to end, for `cause`. */
export const cancelled = (cause: unknown, what = 'work'): WindlassError =>
  cause instanceof WindlassError && cause.code === 'CANCELLED'
    ? cause
    : new WindlassError('CANCELLED', `The ${what} was cancelled`, { cause })
