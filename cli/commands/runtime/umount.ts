/** `windlass umount`: removes mounts of images, also those that killed processes left. */
import type { Command } from 'commander'
import { WindlassError } from '../../../lib/errors.js'
import { printable } from '../../../lib/codec/printable.js'
import { withWindlass } from '../../setup/session.js'
import { addStoreFlags, type Settings } from '../../setup/settings.js'
import { ReportedFailure } from '../../terminal/failure.js'
import type { Console } from '../../terminal/terminal.js'

interface UnmountFlags extends Settings {
  readonly all?: boolean
}

const examples = `
Examples:
  windlass umount ./alpine
  windlass umount --all       also removes what killed processes left

Removes the mount, what was written to it (except in a directory of --changes),
and its record. Prints each directory.`

/** Defines the arguments, options and action of `windlass umount`. */
export function defineUnmount(command: Command, terminal: Console): void {
  command.argument('[directory...]', 'where images are mounted').option('--all', 'all mounts of the store')
  addStoreFlags(command)
  command
    .addHelpText('after', examples)
    .action((directories: string[]) => unmountAll(directories, command.opts<UnmountFlags>(), terminal))
}

function unmountAll(
  directories: readonly string[],
  { all, ...flags }: UnmountFlags,
  terminal: Console,
): Promise<void> {
  if (directories.length > 0 === (all === true))
    throw new WindlassError('USAGE', 'Name either the directories to unmount, or --all')
  return withWindlass(flags, terminal, [], async (windlass) => {
    const targets = all ? (await windlass.mounts()).map(({ directory }) => directory) : directories
    let exitCode: number | undefined
    for (const directory of new Set(targets))
      try {
        await windlass.unmount(directory)
        await terminal.output.line(printable(directory, 4_096))
      } catch (error) {
        const code = terminal.messages.error(error)
        exitCode ??= code
      }
    if (exitCode !== undefined) throw new ReportedFailure(exitCode)
  })
}
