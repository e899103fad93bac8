/** Provides `isPromise`, which detects asynchronous results. */

/** Returns whether `value` is a promise of any implementation: an object with a `then` method. */
export function isPromise<T>(value: unknown): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
