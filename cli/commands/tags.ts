/** `windlass tags`: prints the tags of a repository, one per line, in the order of the registry. */
import type { Command } from 'commander'
import { printable } from '../../lib/codec/printable.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface TagsFlags extends Settings {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass tags alpine
  windlass tags registry.example:5000/team/app | sort -V | tail -1`

/** Defines the arguments, options and action of `windlass tags`. */
export function defineTags(command: Command, terminal: Console): void {
  command.argument('<repository>', 'image name without a tag and digest')
  addJsonFlag(command, 'print one JSON object with the repository and its tags')
  addNetworkFlags(addLimitFlag(command))
  command
    .addHelpText('after', examples)
    .action((repository: string) => tags(repository, command.opts<TagsFlags>(), terminal))
}

function tags(repository: string, { json, ...flags }: TagsFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [repository], async (windlass, signal) => {
    const all: string[] = []
    const onWarning = (code: string, message: string): void => terminal.messages.warning(code, message)
    for await (const tag of windlass.tags(repository, { signal, onWarning })) {
      if (json) all.push(tag)
      else if (!(await terminal.output.line(printable(tag)))) return
    }
    if (json) await terminal.output.json({ repository, tags: all })
  })
}
