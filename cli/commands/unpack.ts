/** `windlass unpack`: writes the flattened tree of an image, and pulls what the store lacks. */
import type { Command } from 'commander'
import { printable } from '../../lib/codec/printable.js'
import { platformSetting } from '../setup/flags.js'
import { follow, type ProgressFlags, addProgressFlags } from '../setup/progress-flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { addPolicyFlags } from '../setup/policy-flags.js'
import { withWindlass } from '../setup/session.js'
import {
  addJsonFlag,
  addNetworkFlags,
  type Settings,
  addStoreFlags,
  addTransferFlags,
} from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'
import { asJson, pinnedName } from './sets/pull-sets.js'

interface UnpackFlags extends Settings, ProgressFlags {
  readonly platform?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass unpack alpine:3.20 ./rootfs
  windlass unpack --platform linux/arm64 oci:./layout:app ./rootfs

The directory must be empty or must not exist. Prints <name>@<digest>.`

/** Defines the arguments, options and action of `windlass unpack`. */
export function defineUnpack(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .argument('<directory>', 'directory to unpack into')
    .addOption(platformSetting())
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
    .action((image: string, directory: string) =>
      unpack(image, directory, command.opts<UnpackFlags>(), terminal),
    )
}

function unpack(name: string, directory: string, flags: UnpackFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, json } = flags
    const options = { signal, ...(platform !== undefined && { platform }) }
    const image = await follow(windlass.unpack(name, directory, options), flags, terminal)
    if (json) await terminal.output.json({ ...asJson(image), directory })
    else await terminal.output.line(printable(pinnedName(image), 2_000))
  })
}
