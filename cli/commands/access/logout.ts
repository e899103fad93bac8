/** `windlass logout`: removes saved logins. */
import type { Command } from 'commander'
import { WindlassError } from '../../../lib/errors.js'
import { printable } from '../../../lib/codec/printable.js'
import { addAuthFileFlag, loginOptions } from '../../setup/login-flags.js'
import { interruptible } from '../../terminal/interrupt.js'
import type { Console } from '../../terminal/terminal.js'

interface LogoutFlags {
  readonly all?: boolean
  readonly authfile?: string
}

const examples = `
Examples:
  windlass logout quay.io
  windlass logout quay.io/team     remove the login for this namespace only
  windlass logout --all            remove every login, also in helpers

Removes the login from all files that Windlass reads, those of Docker and Podman
among them, or from --authfile only. Prints where it was.`

/** Defines the arguments, options and action of `windlass logout`. */
export function defineLogout(command: Command, terminal: Console): void {
  command
    .argument('[registry]', 'host, or host and namespace (default: docker.io)')
    .option('--all', 'remove all logins')
  addAuthFileFlag(command)
  command
    .addHelpText('after', examples)
    .action((registry: string | undefined) => logout(registry, command.opts<LogoutFlags>(), terminal))
}

function logout(
  registry: string | undefined,
  { all = false, ...network }: LogoutFlags,
  terminal: Console,
): Promise<void> {
  if (all && registry !== undefined)
    throw new WindlassError('USAGE', 'The option --all takes no registry', {
      hint: 'Name a registry, or use --all.',
    })
  const name = all ? undefined : (registry ?? 'docker.io')
  return interruptible(terminal, async (signal) => {
    const { logOut } = await import('../../../puller/index.js')
    const places = await logOut(name, await loginOptions(network, terminal, signal))
    const what = name ?? 'all registries'
    for (const { file, helper } of places) {
      const place = helper === undefined ? file : `credential helper ${helper}, named in ${file}`
      await terminal.output.line(printable(`Logged out of ${what}: removed from ${place}`, 1_000))
    }
    if (places.length === 0) await terminal.output.line(printable(`There is no login for ${what}`))
  })
}
