/** Provides `isAbort`, which tells cancellations from other errors. */

/** Returns whether `error` is an `AbortError` or has one among its causes. */
export function isAbort(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each.name === 'AbortError') return true
  return false
}
