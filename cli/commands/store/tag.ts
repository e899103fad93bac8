/** `windlass tag`: gives an image of the store another name. */
import type { Command } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { withWindlass } from '../../setup/session.js'
import { addStoreFlags, type Settings } from '../../setup/settings.js'
import { rejectOnAbort } from '../../terminal/interrupt.js'
import type { Console } from '../../terminal/terminal.js'

const examples = `
Examples:
  windlass tag alpine:3.20 registry.example/base:1
  windlass tag 1f3a5c7d9e0b app:rollback

Prints the new name. An image that had it loses it. Nothing is copied, and no
registry is asked.`

/** Defines the arguments, options and action of `windlass tag`. */
export function defineTag(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'a name that “windlass images” lists, an ID or a digest')
    .argument('<name>', 'the new name, as for Docker')
  addStoreFlags(command)
  command
    .addHelpText('after', examples)
    .action((image: string, name: string) => tag(image, name, command.opts<Settings>(), terminal))
}

function tag(image: string, target: string, flags: Settings, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const name = await rejectOnAbort(windlass.content.tag(image, target), signal)
    await terminal.output.line(printable(name, 2_000))
  })
}
