/** Shows the progress of a set of pulls one after the other, although they run concurrently. */
import { concatMap, lastValueFrom } from 'rxjs'
import type { PulledImage } from '../../lib/stages/index.js'
import type { PullSet, StartedPull } from '../../puller/index.js'
import { follow, type ProgressFlags } from '../setup/progress-flags.js'
import type { Console } from '../terminal/terminal.js'

/** Callbacks for the result of each pull. They are called after the progress of the pull was shown. */
export interface Report {
  /** Called when a pull succeeded. */
  onPulled(image: PulledImage): Promise<unknown>
  /** Called when a pull failed or was cancelled. */
  onFailed(error: unknown, started: StartedPull): Promise<unknown>
}

/**
 * Shows all pulls of `set` and returns its result after all pulls have closed. Rejects with the error of the set, or
 * with the error of a callback.
 */
export async function followSet<Result>(
  set: PullSet<Result>,
  flags: ProgressFlags,
  terminal: Console,
  report: Report,
): Promise<Result> {
  const show = async (started: StartedPull): Promise<void> => {
    const ended = await follow(started.pull, flags, terminal).then(
      (image) => () => report.onPulled(image),
      (error: unknown) => () => report.onFailed(error, started),
    )
    await ended()
  }
  const progressShown = lastValueFrom(set.each.pipe(concatMap(show)), { defaultValue: undefined })
  // If a callback fails, the set is cancelled. The error is thrown below.
  progressShown.catch((error: unknown) => set.cancel(error))
  try {
    return await set.done
  } finally {
    await set.closed()
    await progressShown
  }
}
