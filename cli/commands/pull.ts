/** `windlass pull`: images into the store, one line each on stdout. */
import { type Command, Option } from 'commander'
import { asWindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/image/printable.js'
import type { PulledImage, PullOptions, Windlass } from '../../pipelines/index.js'
import { Told, tell } from '../failure.js'
import { setting } from '../flags.js'
import { follow, type ProgressFlags, progressFlags } from '../progress-flags.js'
import { withWindlass } from '../session.js'
import { jsonFlag, networkFlags, type Settings, storeFlags, transferFlags } from '../settings.js'
import type { Terminal } from '../terminal.js'

interface PullFlags extends Settings, ProgressFlags {
  readonly platform?: string
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
  windlass pull --rootfs ./rootfs alpine@sha256:…
  windlass pull -q --json quay.io/podman/hello | jq -r .imageId
  windlass pull --username me --password-stdin registry.example/team/app < token

Prints <name>@<digest> for each image. Of several, one that fails does not stop the others.`

export function definePull(command: Command, terminal: Terminal): void {
  command
    .argument('<image...>', 'as Docker names images, or oci:DIR[:NAME]')
    .addOption(
      setting('--platform <os/arch[/variant]>', "of an index, which image (default: this machine's)"),
    )
    .option('--no-unpack', 'keep the layers as blobs only')
    .addOption(new Option('--rootfs <dir>', 'also put all layers together into one tree, in a new directory'))
    .addOption(
      setting('--whiteouts <form>', 'how a layer on disk says what is gone').choices(['overlay', 'aufs']),
    )
    .addOption(setting('--discard-blobs', 'keep no compressed layers beside the unpacked ones'))
  jsonFlag(command, 'print each result as one line of JSON')
  for (const add of [progressFlags, storeFlags, transferFlags, networkFlags]) add(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) => pullAll(images, command.opts<PullFlags>(), terminal))
}

function pullAll(images: readonly string[], flags: PullFlags, terminal: Terminal): Promise<void> {
  return withWindlass(flags, terminal, images, async (windlass, signal) => {
    let failed: number | undefined
    for (const name of images) {
      const code = await pullOne(name, windlass, signal, flags, terminal)
      failed ??= code
      if (signal.aborted) break
    }
    if (failed !== undefined) throw new Told(failed)
  })
}

/** The exit code of a failure, told already; undefined where the image came. */
async function pullOne(
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
    const image = await follow(windlass.pull(name, options), flags, terminal)
    if (flags.json) await terminal.output.json(asJson(image))
    else await terminal.output.line(printable(pinned(image), 2_000))
    return undefined
  } catch (error) {
    if (flags.json) await terminal.output.json({ name, error: asWindlassError(error).toJSON() })
    return tell(error, terminal)
  }
}

/** `<name>@<digest>`: what gives exactly this image, whatever becomes of the tag. */
export const pinned = ({ name, digest }: Pick<PulledImage, 'name' | 'digest'>): string =>
  name.endsWith(`@${digest}`) ? name : `${name}@${digest}`

/** What came, without the config, which `inspect --config` gives as it is. */
export const asJson = (image: PulledImage): object => ({ ...image, config: undefined })
