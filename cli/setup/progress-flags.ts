/** Provides the options for progress, and shows a pull until it ends. */
import { type Command, Option } from 'commander'
import type { Observable } from 'rxjs'
import type { PullEvent } from '../../lib/events/index.js'
import { setting } from './flags.js'
import { inGroup } from './option-groups.js'
import { type ProgressKind, progressKinds, progressView } from '../render/progress.js'
import type { ShownPull } from '../render/progress-view.js'
import type { Console } from '../terminal/terminal.js'

/** Values of `--progress` and `--quiet`. */
export interface ProgressFlags {
  readonly progress: ProgressKind
  readonly quiet?: boolean
}

/** A pull or a copy that is followed to its end. */
export interface FollowedPull<Result> {
  readonly events: Observable<PullEvent>
  readonly done: Promise<Result>
  closed(): Promise<void>
}

/** Adds `--progress` and `--quiet` to a command. */
export const addProgressFlags = (command: Command): Command =>
  inGroup(command, 'output', (group) =>
    group
      .addOption(
        setting('--progress <kind>', 'how to show progress on stderr').choices(progressKinds).default('auto'),
      )
      .addOption(new Option('-q, --quiet', 'same as --progress none')),
  )

/** Returns the form of the progress. */
export const progressKind = ({ progress, quiet }: ProgressFlags): ProgressKind => (quiet ? 'none' : progress)

/** Shows the progress of a pull or a copy and returns its result after it has closed. Rejects with its error. */
export async function follow<Result>(
  pull: FollowedPull<Result>,
  flags: ProgressFlags,
  terminal: Console,
): Promise<Result> {
  const view = progressView(progressKind(flags), terminal)
  try {
    return await followShown(pull, view.add(pull.events), flags, terminal)
  } finally {
    view.close()
  }
}

/** Returns the result of a pull that is shown, after it has closed and its end is shown. Rejects with its error. */
export async function followShown<Result>(
  pull: FollowedPull<Result>,
  shown: ShownPull,
  flags: ProgressFlags,
  terminal: Console,
): Promise<Result> {
  const kind = progressKind(flags)
  const settled = shown.settle()
  try {
    return await pull.done
  } catch (error) {
    if (kind === 'json' || kind === 'docker') terminal.messages.markReported(error)
    throw error
  } finally {
    await pull.closed()
    await settled
  }
}
