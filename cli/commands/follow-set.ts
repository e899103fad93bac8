/** Shows the pulls of a set one after the other, each from its beginning, though two of them are under way at once. */
import { concatMap, lastValueFrom } from 'rxjs'
import type { PulledImage } from '../../lib/stages/index.js'
import type { PullSet, StartedPull } from '../../puller/index.js'
import { follow, type ProgressFlags } from '../setup/progress-flags.js'
import type { Console } from '../terminal/terminal.js'

/** Hears of each pull once it has been shown to its end. */
export interface Report {
  pulled(image: PulledImage): Promise<unknown>
  failed(error: unknown, started: StartedPull): Promise<unknown>
}

/** What came of the whole set, cleared away and shown. Rejects as the set does. */
export async function followSet<Result>(
  set: PullSet<Result>,
  flags: ProgressFlags,
  terminal: Console,
  report: Report,
): Promise<Result> {
  const show = async (started: StartedPull): Promise<void> => {
    const ended = await follow(started.pull, flags, terminal).then(
      (image) => () => report.pulled(image),
      (error: unknown) => () => report.failed(error, started),
    )
    await ended()
  }
  const shown = lastValueFrom(set.each.pipe(concatMap(show)), { defaultValue: undefined })
  // What cannot be told need not be pulled; the error surfaces below.
  shown.catch((error: unknown) => set.cancel(error))
  try {
    return await set.done
  } finally {
    await set.closed()
    await shown
  }
}
