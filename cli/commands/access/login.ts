/** `windlass login`: checks a login with a registry and saves it, or prints the user name of a saved one. */
import { type Command, Option } from 'commander'
import { WindlassError } from '../../../lib/errors.js'
import { printable } from '../../../lib/codec/printable.js'
import type { RegistryCredentials } from '../../../puller/index.js'
import { text } from '../../../puller/options/option-codecs.js'
import { textSetting } from '../../setup/flags.js'
import {
  addAuthFileFlag,
  addLoginNetworkFlags,
  loginOptions,
  type LoginNetworkFlags,
} from '../../setup/login-flags.js'
import { ask } from '../../setup/prompt.js'
import { readPassword } from '../../setup/read-password.js'
import { interruptible } from '../../terminal/interrupt.js'
import type { Console } from '../../terminal/terminal.js'

interface LoginFlags extends LoginNetworkFlags {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly get?: boolean
  readonly getLogin?: boolean
  readonly authfile?: string
}

const examples = `
Examples:
  windlass login                  to Docker Hub; asks for name and password
  windlass login --username ci --password-stdin quay.io < token.txt
  windlass login quay.io/team     for the repositories of a namespace only
  windlass login --get quay.io    print the user name of the saved login

The login is saved where Docker or Podman keep it, or in the credential helper
that is set up there. Prints where.`

/** Defines the arguments, options and action of `windlass login`. */
export function defineLogin(command: Command, terminal: Console): void {
  command
    .argument('[registry]', 'host, or host and namespace (default: docker.io)')
    .addOption(
      textSetting('--username <name>', { codec: text, help: 'user name; asked for if it is missing' }),
    )
    .option('--password-stdin', 'read the password from stdin (env: WINDLASS_PASSWORD contains it)')
    .option('--get', 'print the user name of the saved login, and send nothing')
    .addOption(new Option('--get-login', 'same as --get').hideHelp())
  addLoginNetworkFlags(addAuthFileFlag(command))
  command
    .addHelpText('after', examples)
    .action((registry = 'docker.io') => login(registry as string, command.opts<LoginFlags>(), terminal))
}

function login(
  registry: string,
  { username, passwordStdin, get, getLogin, ...network }: LoginFlags,
  terminal: Console,
): Promise<void> {
  return interruptible(terminal, async (signal) => {
    const { findLogin, logIn } = await import('../../../puller/index.js')
    const options = await loginOptions(network, terminal, signal)
    if (get || getLogin) {
      const found = await findLogin(registry, options)
      if (found === undefined)
        throw new WindlassError('UNAUTHORIZED', `There is no login for ${printable(registry)}`, {
          hint: `Log in with “windlass login ${printable(registry)}”.`,
        })
      await terminal.output.line(printable(found.username))
      return
    }
    const credentials = await readLogin(registry, username, passwordStdin, terminal, signal)
    const { file, helper } = await logIn(registry, credentials, options)
    if (helper === undefined)
      terminal.messages.note(
        `The password is saved unencrypted. A credential helper would keep it encrypted (credsStore in the file).`,
      )
    const place = helper === undefined ? file : `credential helper ${helper}, named in ${file}`
    await terminal.output.line(
      printable(`Logged in to ${registry} as ${credentials.username}: saved in ${place}`, 1_000),
    )
  })
}

async function readLogin(
  registry: string,
  username: string | undefined,
  passwordStdin: boolean | undefined,
  terminal: Console,
  signal: AbortSignal,
): Promise<RegistryCredentials> {
  const { stdin, env } = terminal
  if (username === undefined && passwordStdin)
    throw new WindlassError('USAGE', 'The option --password-stdin requires --username', {
      hint: 'Add --username NAME.',
    })
  const name =
    username ?? (await ask({ text: `User name for ${printable(registry)}: ` }, terminal, signal)).trim()
  if (name === '') throw new WindlassError('USAGE', 'The user name is empty')
  if (passwordStdin) return { username: name, password: await readPassword(stdin, signal) }
  const password =
    env['WINDLASS_PASSWORD'] || (await ask({ text: 'Password: ', secret: true }, terminal, signal))
  if (password === '') throw new WindlassError('USAGE', 'The password is empty')
  return { username: name, password }
}
