/** Provides `throwIfAborted`, which converts the reason of a signal to an error. */
import { WindlassError } from '../../errors.js'

/** Throws if `signal` is aborted. @throws the reason of `signal` if that is a WindlassError, else CANCELLED */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  const reason: unknown = signal.reason
  throw reason instanceof WindlassError
    ? reason
    : new WindlassError('CANCELLED', 'Cancelled while writing to a layout', { cause: reason })
}
