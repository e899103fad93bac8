/** `windlass pull`: images into the store, one line each on stdout. */
import { type Command, Option } from 'commander'
import type { PullOptions, Windlass } from '../../pipelines/index.js'
import { Told } from '../failure.js'
import { setting } from '../flags.js'
import { follow, type ProgressFlags, progressFlags } from '../progress-flags.js'
import { limitFlag } from '../limit-flag.js'
import { withWindlass } from '../session.js'
import { jsonFlag, networkFlags, type Settings, storeFlags, transferFlags } from '../settings.js'
import type { Terminal } from '../terminal.js'
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

Prints <name>@<digest> for each image. Of several, one that fails does not stop the others, and its
exit code is the command's.`

export function definePull(command: Command, terminal: Terminal): void {
  command
    .argument('<image...>', 'as Docker names images, or oci:DIR[:NAME]')
    .addOption(
      setting('--platform <os/arch[/variant]>', "of an index, which image (default: this machine's)"),
    )
    .addOption(
      new Option('--all-platforms', 'every image of an index').conflicts(['allTags', 'platform', 'rootfs']),
    )
    .addOption(new Option('-a, --all-tags', 'every tag of the repository').conflicts('rootfs'))
    .addOption(setting('--fail-fast', 'end with the first image that fails'))
    .option('--no-unpack', 'keep the layers as blobs only')
    .addOption(new Option('--rootfs <dir>', 'also put all layers together into one tree, in a new directory'))
    .addOption(
      setting('--whiteouts <form>', 'how a layer on disk says what is gone').choices(['overlay', 'aufs']),
    )
    .addOption(setting('--discard-blobs', 'keep no compressed layers beside the unpacked ones'))
  jsonFlag(command, 'print each result as one line of JSON')
  for (const add of [progressFlags, storeFlags, transferFlags, limitFlag, networkFlags]) add(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) => pullAll(images, command.opts<PullFlags>(), terminal))
}

function pullAll(images: readonly string[], flags: PullFlags, terminal: Terminal): Promise<void> {
  if (flags.allTags) images.forEach(mustNameRepository)
  return withWindlass(flags, terminal, images, async (windlass, signal) => {
    let failed: number | undefined
    for (const name of images) {
      const code = await pullNamed(name, windlass, signal, flags, terminal)
      failed ??= code
      if (signal.aborted || (flags.failFast && failed !== undefined)) break
    }
    if (failed !== undefined) throw new Told(failed)
  })
}

/** The exit code of a failure, told already; undefined where the image came. */
async function pullNamed(
  name: string,
  windlass: Windlass,
  signal: AbortSignal,
  flags: PullFlags,
  terminal: Terminal,
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
    return error instanceof Told ? error.exitCode : printFailure(error, name, flags, terminal)
  }
}
