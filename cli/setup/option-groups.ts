/** Provides the headings of the options in the help of the commands. */
import type { Command } from 'commander'

/** Headings of options that several commands share. The options of one command alone have the heading `Options:`. */
export const optionGroups = {
  signatures: 'Signatures:',
  output: 'Output:',
  server: 'Server:',
  store: 'Store:',
  transfers: 'Transfers:',
  limits: 'Limits:',
  network: 'Network:',
  access: 'Credentials and trust:',
} as const

/** Adds options below one heading of the help. Options that are added later have no heading again. */
export function inGroup(
  command: Command,
  group: keyof typeof optionGroups,
  add: (command: Command) => unknown,
): Command {
  command.optionsGroup(optionGroups[group])
  add(command)
  return command.optionsGroup('')
}
