/** `windlass inspect`: what an image is, by its manifest and config alone. */
import { type Command, Option } from 'commander'
import type { Inspection } from '../../pipelines/index.js'
import { setting } from '../flags.js'
import { orAborted } from '../interrupt.js'
import { withWindlass } from '../session.js'
import { jsonFlag, networkFlags, type Settings } from '../settings.js'
import type { Terminal } from '../terminal.js'

interface InspectFlags extends Settings {
  readonly platform?: string
  readonly raw?: boolean
  readonly config?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass inspect alpine:3.20
  windlass inspect --raw alpine:3.20 | sha256sum     what the tag points at, byte for byte
  windlass inspect --config --platform linux/arm64 nginx | jq .config.Cmd`

export function defineInspect(command: Command, terminal: Terminal): void {
  command
    .argument('<image>', 'as Docker names images, or oci:DIR[:NAME]')
    .addOption(
      setting('--platform <os/arch[/variant]>', "of an index, which image (default: this machine's)"),
    )
    .addOption(
      new Option('--raw', 'the manifest or index that the name points at, byte for byte').conflicts('config'),
    )
    .addOption(new Option('--config', 'the config of the image, byte for byte'))
  jsonFlag(command, 'JSON on one line')
  networkFlags(command)
  command
    .addHelpText('after', examples)
    .action((image: string) => inspect(image, command.opts<InspectFlags>(), terminal))
}

function inspect(name: string, flags: InspectFlags, terminal: Terminal): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, raw = false, config, json } = flags
    const options = { manifestOnly: raw, ...(platform !== undefined && { platform }) }
    const seen = await orAborted(windlass.inspect(name, options), signal)
    if (raw) await terminal.output.write(seen.manifest)
    else if (config) await terminal.output.write(seen.image?.config.bytes ?? Buffer.alloc(0))
    else await terminal.output.json(summary(seen), { indent: !json })
  })
}

/** JSON keeps controls escaped, so it is safe on a terminal as it is. */
function summary({ name, digest, mediaType, manifest, image }: Inspection): object {
  const document: unknown = JSON.parse(manifest.toString('utf8'))
  return {
    name,
    digest,
    mediaType,
    ...(image && {
      platform: image.platform,
      imageId: image.config.digest,
      manifestDigest: image.digest,
      size: image.layers.reduce((sum, { size }) => sum + size, 0),
      layers: image.layers,
      config: image.config.value,
    }),
    manifest: document,
  }
}
