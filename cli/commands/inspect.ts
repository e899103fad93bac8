/** `windlass inspect`: describes an image from its manifest and config, without fetching layers. */
import { type Command, Option } from 'commander'
import type { Inspection } from '../../pipelines/inspect.js'
import { inspectedFields } from '../../pipelines/inspected-fields.js'
import { compileTemplate } from '../format/evaluate.js'
import type { ValueMap } from '../format/show.js'
import { platformSetting } from '../setup/flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface InspectFlags extends Settings {
  readonly platform?: string
  readonly raw?: boolean
  readonly tags: boolean
  readonly config?: boolean
  readonly format?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass inspect alpine:3.20
  windlass inspect --no-tags quay.io/podman/hello | jq -r .Created
  windlass inspect --raw alpine:3.20 | sha256sum   digest that the tag points at
  windlass inspect --format '{{.Digest}} {{json .Labels}}' alpine:3.20
  windlass inspect --config --platform linux/arm64 nginx | jq .config.Cmd`

/** Defines the arguments, options and action of `windlass inspect`. */
export function defineInspect(command: Command, terminal: Console): void {
  command
    .argument(
      '<image>',
      'image name as for Docker, oci:DIR[:NAME|:@N], or a name that “windlass images” lists',
    )
    .addOption(platformSetting())
    .addOption(
      new Option('--raw', 'print the manifest or index that the name points at, byte for byte').conflicts(
        'config',
      ),
    )
    .addOption(new Option('--config', 'print the config of the image, byte for byte'))
  command.addOption(
    new Option('--format <template>', 'print the result of a template, as “docker inspect” does').conflicts([
      'raw',
      'config',
    ]),
  )
  command.option('--no-tags', 'do not list the tags of the repository')
  addJsonFlag(command, 'print JSON on one line')
  addNetworkFlags(addStoreFlags(addLimitFlag(command)))
  command
    .addHelpText('after', examples)
    .action((image: string) => inspect(image, command.opts<InspectFlags>(), terminal))
}

function inspect(name: string, flags: InspectFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, raw = false, config = false, json = false, format } = flags
    const template = format === undefined ? undefined : compileTemplate(format)
    const tags = flags.tags && !raw && !config && (format === undefined || /RepoTags/.test(format))
    const options = { manifestOnly: raw, tags, signal, ...(platform !== undefined && { platform }) }
    const inspection = await windlass.inspect(name, options)
    for (const { code, message } of inspection.warnings) terminal.messages.warning(code, message)
    if (raw) await terminal.output.document(inspection.manifest)
    else if (config) await terminal.output.document(inspection.image?.config.bytes ?? Buffer.alloc(0))
    else if (template) await terminal.output.line(template.apply(templateData(inspection)))
    else await terminal.output.json(inspectedFields(inspection), { indent: !json })
  })
}

/** Returns the fields that `inspect` prints, and `Config`, which templates for `docker inspect` use. */
function templateData(inspection: Inspection): ValueMap {
  const { config = null } = inspection.image?.config.value ?? {}
  // What JSON cannot express, a template cannot use.
  return JSON.parse(JSON.stringify({ ...inspectedFields(inspection), Config: config })) as ValueMap
}
