/** Tells an error that only says "I was told to stop" from one that somebody must hear of. */

/** Whether `error` is an `AbortError`, or was caused by one. */
export function isAbort(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each.name === 'AbortError') return true
  return false
}
