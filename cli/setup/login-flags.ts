/** Defines the options of `login` and `logout`, and converts them to options of the library. */
import { type Command, Option } from 'commander'
import type { LoginOptions } from '../../puller/index.js'
import { openTable } from '../../puller/options/option-table.js'
import { path } from '../../puller/options/option-codecs.js'
import type { Console } from '../terminal/terminal.js'
import { flagSetting, listSetting, secondsSetting, textSetting } from './flags.js'
import { openOptions, type NetworkFlags } from './settings.js'

/** Values of the options that `addLoginNetworkFlags` adds. */
export type LoginNetworkFlags = Pick<
  NetworkFlags,
  'plainHttp' | 'tlsSkipVerify' | 'ca' | 'responseTimeout' | 'trustRealm'
>

/** Adds the options for connections to a registry that apply to a login. */
export const addLoginNetworkFlags = (command: Command): Command =>
  command
    .addOption(flagSetting('--plain-http', openTable.plainHttp))
    .addOption(flagSetting('--tls-skip-verify', openTable.insecureTls))
    .addOption(textSetting('--ca <file>', { codec: path, help: openTable.ca.help }))
    .addOption(secondsSetting('--response-timeout <seconds>', openTable.responseTimeout))
    .addOption(listSetting('--trust-realm <origin>', openTable.trustedRealms))

/** Adds `--authfile`. */
export const addAuthFileFlag = (command: Command): Command =>
  command.addOption(new Option('--authfile <file>', 'file with the logins (env: WINDLASS_AUTHFILE)'))

/** Converts the flags to options of the library. @throws as `openOptions` */
export async function loginOptions(
  flags: LoginNetworkFlags & { readonly authfile?: string },
  terminal: Console,
  signal: AbortSignal,
): Promise<LoginOptions> {
  const { authFile, ...connection } = await openOptions(flags, terminal, [], signal)
  return {
    ...(authFile !== undefined && { authFile }),
    ...{ connection, env: terminal.env, signal },
    onWarning: (message, code) => terminal.messages.warning(code, message),
  }
}
