/** `windlass pull`: pulls images into the store and prints one line for each on stdout. */
import { type Command, Option } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import type { PullOptions, Windlass } from '../../puller/index.js'
import { pullAllTable, pullTable } from '../../puller/options/option-table.js'
import { ReportedFailure } from '../terminal/failure.js'
import { flagSetting, platformSetting, setting, textOption } from '../setup/flags.js'
import { follow, type ProgressFlags, progressFlags } from '../setup/progress-flags.js'
import { limitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { jsonFlag, networkFlags, type Settings, storeFlags, transferFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'
import { mustNameRepository, printFailure, printImage, pullPlatforms, pullTags } from './pull-sets.js'

interface PullFlags extends Settings, ProgressFlags {
  readonly platform?: string
  readonly allPlatforms?: boolean
  readonly allTags?: boolean
  readonly failFast?: boolean
  readonly unpack: boolean
  readonly rootfs?: string
  readonly whiteouts?: 'overlay' | 'aufs'
  readonly discardBlobs?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass pull alpine:3.20
  windlass pull --platform linux/arm64/v8 debian:stable nginx
  windlass pull --all-tags quay.io/podman/hello
  windlass pull --all-platforms busybox:1.36
  windlass pull --rootfs ./rootfs alpine@sha256:…
  windlass pull -q --json quay.io/podman/hello | jq -r .imageId
  windlass pull --username me --password-stdin registry.example/team/app < token

Prints <name>@<digest> for each image. An image that fails does not stop the others, and the exit code is
that of the first failure.`

/** Defines the arguments, options and action of `windlass pull`. */
export function definePull(command: Command, terminal: Console): void {
  command
    .argument('<image...>', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .addOption(platformSetting())
    .addOption(
      new Option('--all-platforms', 'pull the images of all platforms of an index').conflicts([
        'allTags',
        'platform',
        'rootfs',
      ]),
    )
    .addOption(new Option('-a, --all-tags', 'pull all tags of the repository').conflicts('rootfs'))
    .addOption(flagSetting('--fail-fast', pullAllTable.failFast))
    .option('--no-unpack', 'do not unpack the layers, keep only the blobs')
    .addOption(textOption('--rootfs <dir>', pullTable.rootfs))
    .addOption(setting('--whiteouts <form>', pullTable.whiteouts.help).choices(['overlay', 'aufs']))
    .addOption(flagSetting('--discard-blobs', pullTable.discardBlobs))
  jsonFlag(command, 'print each result as one line of JSON')
  for (const add of [progressFlags, storeFlags, transferFlags, limitFlag, networkFlags]) add(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) => pullAll(images, command.opts<PullFlags>(), terminal))
}

function pullAll(images: readonly string[], flags: PullFlags, terminal: Console): Promise<void> {
  if (flags.allTags) images.forEach(mustNameRepository)
  if (flags.rootfs !== undefined && images.length > 1) throw oneTreeOnly(images, flags.rootfs)
  return withWindlass(flags, terminal, images, async (windlass, signal) => {
    let failed: number | undefined
    for (const name of images) {
      const code = await pullNamed(name, windlass, signal, flags, terminal)
      failed ??= code
      if (signal.aborted || (flags.failFast && failed !== undefined)) break
    }
    if (failed !== undefined) throw new ReportedFailure(failed)
  })
}

const oneTreeOnly = (images: readonly string[], rootfs: string): WindlassError =>
  new WindlassError('USAGE', `The option --rootfs is for one image, but ${images.length} are given`, {
    path: rootfs,
    hint: 'Pull the images first, then unpack each with “windlass unpack IMAGE DIRECTORY”.',
  })

/** Pulls one image and reports the result. Returns the exit code of a failure; undefined if the pull succeeded. */
async function pullNamed(
  name: string,
  windlass: Windlass,
  signal: AbortSignal,
  flags: PullFlags,
  terminal: Console,
): Promise<number | undefined> {
  const { platform, unpack, rootfs, whiteouts, discardBlobs } = flags
  const options: PullOptions = {
    unpack,
    signal,
    ...(platform !== undefined && { platform }),
    ...(rootfs !== undefined && { rootfs }),
    ...(whiteouts && { whiteouts }),
    ...(discardBlobs && { discardBlobs }),
  }
  try {
    if (flags.allTags) await pullTags(name, windlass, options, flags, terminal)
    else if (flags.allPlatforms) await pullPlatforms(name, windlass, options, flags, terminal)
    else await printImage(await follow(windlass.pull(name, options), flags, terminal), flags, terminal)
    return undefined
  } catch (error) {
    return error instanceof ReportedFailure ? error.exitCode : printFailure(error, name, flags, terminal)
  }
}
