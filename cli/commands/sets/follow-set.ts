/** Shows the progress of a set of pulls in one view. */
import { concatMap, lastValueFrom, map } from 'rxjs'
import type { PulledImage } from '../../../lib/stages/index.js'
import type { PullSet, StartedPull } from '../../../puller/index.js'
import { progressView } from '../../render/progress.js'
import type { ShownPull } from '../../render/progress-view.js'
import { followShown, type ProgressFlags, progressKind } from '../../setup/progress-flags.js'
import type { Console } from '../../terminal/terminal.js'

/** Callbacks for the result of each pull. They are called in the order of the starts, after the end of the pull was shown. */
export interface Report<Image = PulledImage> {
  /** Called when a pull succeeded. */
  onPulled(image: Image): Promise<unknown>
  /** Called when a pull failed or was cancelled. */
  onFailed(error: unknown, started: StartedPull<Image>): Promise<unknown>
}

/** Options of `followSet`. */
export interface FollowSetOptions {
  /** Whether the set may have several pulls (true). The view of one pull shows more of it. */
  readonly several?: boolean
  /** Number of pulls (not known). */
  readonly expected?: number
}

/**
 * Shows all pulls of `set` and returns its result after all pulls have closed. Rejects with the error of the set, or
 * with the error of a callback.
 */
export async function followSet<Result, Image = PulledImage>(
  set: PullSet<Result, Image>,
  flags: ProgressFlags,
  terminal: Console,
  report: Report<Image>,
  { several = true, expected }: FollowSetOptions = {},
): Promise<Result> {
  const view = progressView(progressKind(flags), terminal, { several, expected })
  type Started = StartedPull<Image>
  const add = (started: Started): readonly [Started, ShownPull] => [
    started,
    view.add(started.pull.events, several ? started.name : undefined),
  ]
  const show = async ([started, shown]: readonly [Started, ShownPull]): Promise<void> => {
    const ended = await followShown(started.pull, shown, flags, terminal).then(
      (image) => () => report.onPulled(image),
      (error: unknown) => () => report.onFailed(error, started),
    )
    await view.aside(async () => ended())
  }
  const progressShown = lastValueFrom(set.each.pipe(map(add), concatMap(show)), { defaultValue: undefined })
  // If a callback fails, the set is cancelled. The error is thrown below.
  progressShown.catch((error: unknown) => set.cancel(error))
  try {
    return await set.done
  } finally {
    try {
      await set.closed()
      await progressShown
    } finally {
      view.close()
    }
  }
}
