/** Provides the options for progress, and shows a pull until it ends. */
import { type Command, Option } from 'commander'
import type { Pull } from '../../puller/index.js'
import { setting } from './flags.js'
import { type ProgressKind, progressKinds, showProgress } from '../render/progress.js'
import type { Console } from '../terminal/terminal.js'

/** Values of `--progress` and `--quiet`. */
export interface ProgressFlags {
  readonly progress: ProgressKind
  readonly quiet?: boolean
}

/** Adds `--progress` and `--quiet` to a command. */
export const addProgressFlags = (command: Command): Command =>
  command
    .addOption(
      setting('--progress <kind>', 'how to show progress on stderr').choices(progressKinds).default('auto'),
    )
    .addOption(new Option('-q, --quiet', 'same as --progress none'))

/** Shows the progress of a pull or a copy and returns its result after it has closed. Rejects with its error. */
export async function follow<Result>(
  pull: Pick<Pull, 'events' | 'closed'> & { readonly done: Promise<Result> },
  { progress, quiet }: ProgressFlags,
  terminal: Console,
): Promise<Result> {
  const kind = quiet ? 'none' : progress
  const progressShown = showProgress(kind, pull.events, terminal)
  try {
    return await pull.done
  } catch (error) {
    if (kind === 'json') terminal.messages.markReported(error)
    throw error
  } finally {
    await pull.closed()
    await progressShown
  }
}
