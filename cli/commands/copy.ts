/** `windlass copy`: copies an image between registries, layouts, archives and directories, without the store. */
import { type Command, Option } from 'commander'
import { printable } from '../../lib/codec/printable.js'
import type { CopyOptions } from '../../puller/index.js'
import { copyTable, downloadCount, openTable } from '../../puller/options/option-table.js'
import { flagSetting, numberSetting, platformSetting } from '../setup/flags.js'
import { follow, type ProgressFlags, addProgressFlags } from '../setup/progress-flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { addPolicyFlags } from '../setup/policy-flags.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'
import { pinnedName } from './sets/pull-sets.js'

interface CopyFlags extends Settings, ProgressFlags {
  readonly platform?: string
  readonly allPlatforms?: boolean
  readonly referrers?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass copy alpine:3.20 registry.example/mirror/alpine:3.20
  windlass copy --all-platforms quay.io/podman/hello localhost:5000/hello
  windlass copy --referrers quay.io/org/app:1 registry.example/app:1
  windlass copy registry.example/app:1.2 registry.example/app:stable
  windlass copy alpine:3.20 oci:./images:alpine
  windlass copy alpine:3.20 docker-archive:alpine.tar:alpine:3.20
  windlass copy rootfs:./rootfs registry.example/app:1

On this machine: oci:DIR[:NAME], oci-archive:FILE[:NAME], dir:DIR and
docker-archive:FILE[:REF] are sources and targets; :@N at the end of a source is
a position. rootfs:DIR is a source. An existing archive of images is replaced.

Without --all-platforms, the image for one platform is copied from an index.
Manifests keep their bytes, and so their digests. A blob that the target has is
not sent. A blob that another repository of the same registry has is mounted.
Nothing is kept on this machine. The logins for both registries come from
--authfile, or from what “windlass login”, “docker login” or “podman login”
saved. Prints <name>@<digest> of the target.`

/** Defines the arguments, options and action of `windlass copy`. */
export function defineCopy(command: Command, terminal: Console): void {
  command
    .argument('<from>', 'as Docker names images, or an image on this machine')
    .argument('<to>', 'as Docker names images, or a place on this machine')
    .addOption(platformSetting())
    .addOption(new Option('--all-platforms', copyTable.allPlatforms.help).conflicts('platform'))
    .addOption(flagSetting('--referrers', copyTable.referrers))
    .addOption(numberSetting('--max-downloads <n>', { ...downloadCount, help: 'blobs copied at once' }))
    .addOption(numberSetting('--retries <n>', { ...openTable.retries, help: 'attempts at each blob' }))
  addJsonFlag(command, 'print the result as one line of JSON')
  for (const add of [addProgressFlags, addPolicyFlags, addLimitFlag, addNetworkFlags]) add(command)
  command
    .addHelpText('after', examples)
    .action((from: string, to: string) => copy(from, to, command.opts<CopyFlags>(), terminal))
}

function copy(from: string, to: string, flags: CopyFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [from, to], async (windlass, signal) => {
    const { platform, allPlatforms, referrers, json } = flags
    const options: CopyOptions = {
      signal,
      ...(platform !== undefined && { platform }),
      ...(allPlatforms && { allPlatforms }),
      ...(referrers && { referrers }),
    }
    const image = await follow(windlass.copy(from, to, options), flags, terminal)
    if (json) await terminal.output.json(image)
    else await terminal.output.line(printable(pinnedName(image), 2_000))
  })
}
