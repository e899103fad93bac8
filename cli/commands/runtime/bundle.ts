/** `windlass bundle`: makes an OCI runtime bundle of an image, from which runc and crun start a container. */
import { type Command, Option } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { bundleTable } from '../../../puller/runtime/runtime-options.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { platformSetting, textOption } from '../../setup/flags.js'
import { addPolicyFlags } from '../../setup/policy-flags.js'
import { addProgressFlags, follow, type ProgressFlags } from '../../setup/progress-flags.js'
import { withWindlass } from '../../setup/session.js'
import {
  addJsonFlag,
  addNetworkFlags,
  addStoreFlags,
  addTransferFlags,
  type Settings,
} from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'
import { asJson, pinnedName } from '../sets/pull-sets.js'

interface BundleFlags extends Settings, ProgressFlags {
  readonly platform?: string
  readonly user?: string
  readonly hostname?: string
  readonly tty?: boolean
  readonly rootless?: boolean
  readonly mount?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass bundle alpine:3.20 ./bundle -- /bin/echo hello
  runc run --bundle ./bundle hello
  windlass bundle --rootless --tty alpine:3.20 ./bundle    without root

The directory must be empty or must not exist. What follows -- replaces the
command of the image. Prints <name>@<digest>.`

/** Defines the arguments, options and action of `windlass bundle`. */
export function defineBundle(command: Command, terminal: Console): void {
  const { user, hostname, tty, rootless, mount } = bundleTable
  command
    .argument('<image>', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .argument('<directory>', 'directory of the bundle')
    .argument('[args...]', 'after --: arguments instead of the command of the image')
    .addOption(platformSetting())
    .addOption(textOption('--user <user>', user))
    .addOption(textOption('--hostname <name>', hostname))
    .addOption(new Option('-t, --tty', tty.help))
    .addOption(new Option('--rootless', rootless.help))
    .addOption(new Option('--mount', mount.help))
  addJsonFlag(command, 'print the result as one line of JSON')
  for (const add of [
    addProgressFlags,
    addStoreFlags,
    addTransferFlags,
    addPolicyFlags,
    addLimitFlag,
    addNetworkFlags,
  ])
    add(command)
  command
    .addHelpText('after', examples)
    .action((image: string, directory: string, args: readonly string[]) =>
      bundle(image, directory, args, command.opts<BundleFlags>(), terminal),
    )
}

function bundle(
  name: string,
  directory: string,
  args: readonly string[],
  flags: BundleFlags,
  terminal: Console,
): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, user, hostname, tty, rootless, mount, json } = flags
    const running = windlass.bundle(name, directory, {
      signal,
      ...(args.length > 0 && { args }),
      ...(platform !== undefined && { platform }),
      ...(user !== undefined && { user }),
      ...(hostname !== undefined && { hostname }),
      ...(tty && { tty }),
      ...(rootless && { rootless }),
      ...(mount && { mount }),
    })
    const image = await follow(running, flags, terminal)
    if (json) await terminal.output.json({ ...asJson(image), directory })
    else await terminal.output.line(printable(pinnedName(image), 2_000))
  })
}
