/** Waits for a promise with an optional timeout. */
import { StillRunningError } from '../lib/flow/index.js'

/**
 * Waits for `work`.
 *
 * @param within - timeout in milliseconds; undefined to wait without a limit
 * @param running - returns the labels of what `work` waits for
 * @throws StillRunningError with these labels after the timeout; the work continues
 */
export async function waitWithin(
  work: Promise<void>,
  within: number | undefined,
  running: () => readonly string[],
): Promise<void> {
  if (within === undefined) return work
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StillRunningError(running(), within)), within)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
