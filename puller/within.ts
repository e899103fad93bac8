/** Waits for the end of something, but not for ever. */
import { StillRunningError } from '../lib/flow/index.js'

/**
 * Waits for `work`; without `within`, however long it takes.
 *
 * @param within - milliseconds
 * @param running - labels of what `work` waits for
 * @throws StillRunningError naming what has not ended within the time. The work goes on.
 */
export async function endsWithin(
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
