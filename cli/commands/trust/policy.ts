/** `windlass policy check`: says whether a policy accepts an image, and why. */
import type { Command } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { platformSetting } from '../../setup/flags.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { type PolicyFlags, addPolicyFlags } from '../../setup/policy-flags.js'
import { withWindlass } from '../../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings } from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'

interface CheckFlags extends Settings, PolicyFlags {
  readonly platform?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass policy check --policy policy.json quay.io/org/app:1
  windlass policy check --policy containers quay.io/org/app:1
  windlass policy check --verify-key cosign.pub quay.io/org/app:1

Without an option, the policy of Podman is checked (--policy containers). Ends with 5 if the image is refused.`

/** Defines the subcommands of `windlass policy`. */
export function definePolicy(command: Command, terminal: Console): void {
  const check = command
    .command('check')
    .description('say whether a policy accepts an image, and why')
    .argument('<image>', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .addOption(platformSetting())
  addJsonFlag(check, 'print one JSON object')
  for (const add of [addPolicyFlags, addLimitFlag, addNetworkFlags]) add(check)
  check
    .addHelpText('after', examples)
    .action((image: string) => checkImage(image, check.opts<CheckFlags>(), terminal))
}

function checkImage(name: string, flags: CheckFlags, terminal: Console): Promise<void> {
  const { platform, json } = flags
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const onWarning = (code: string, message: string): void => terminal.messages.warning(code, message)
    const found = await windlass.artifacts.check(name, {
      ...{ signal, onWarning },
      ...(platform !== undefined && { platform }),
    })
    if (json) {
      await terminal.output.json(found)
      return
    }
    await terminal.output.line(printable(`accepted ${found.name}@${found.digest} by ${found.origin}`, 2_000))
    for (const { signature, form, signed, by } of found.signatures)
      await terminal.output.line(printable(`  signature ${signature} (${form}) of ${signed} by ${by}`, 2_000))
  })
}
