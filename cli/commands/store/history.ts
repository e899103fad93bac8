/** `windlass history`: lists the steps of the build of an image. */
import type { Command } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { formatAge, formatBytes } from '../../../lib/quantities.js'
import type { HistoryStep } from '../../../pipelines/index.js'
import { fit } from '../../render/fit.js'
import { table } from '../../render/table.js'
import { platformSetting } from '../../setup/flags.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { withWindlass } from '../../setup/session.js'
import { addJsonFlag, addNetworkFlags, addStoreFlags, type Settings } from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'

interface HistoryFlags extends Settings {
  readonly platform?: string
  readonly trunc: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass history alpine:3.20
  windlass history --no-trunc debian:12
  windlass history --json nginx | jq -r '.[].createdBy'

The latest step comes first, as in “docker history”. An image that the store has
is read from the store, with the sizes of the unpacked layers. Otherwise the
manifest and the config are fetched, and the sizes, marked with *, are those of
the compressed layers.`

/** Defines the arguments, options and action of `windlass history`. */
export function defineHistory(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'as Docker names images, oci:DIR[:NAME|:@N], or as “windlass images” lists it')
    .option('--no-trunc', 'print the commands and comments in full')
    .addOption(platformSetting())
  addJsonFlag(command, 'print one JSON array')
  addNetworkFlags(addStoreFlags(addLimitFlag(command)))
  command
    .addHelpText('after', examples)
    .action((image: string) => history(image, command.opts<HistoryFlags>(), terminal))
}

function history(name: string, flags: HistoryFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, trunc, json } = flags
    const steps = await windlass.history(name, { signal, ...(platform !== undefined && { platform }) })
    if (json) {
      await terminal.output.json(steps)
      return
    }
    const now = Date.now()
    const rows = steps.map((step) => row(step, now, trunc))
    await terminal.output.write(table(['AGE', 'CREATED BY', 'SIZE', 'COMMENT'], rows))
  })
}

/** Number of characters of commands and comments without `--no-trunc`, as in `docker history`. */
const truncatedTo = 45

function row(
  { created, createdBy, comment, size, unpacked }: HistoryStep,
  now: number,
  trunc: boolean,
): string[] {
  const age = Date.parse(created ?? '')
  const text = (value: string): string =>
    trunc ? fit(printable(value, 500), truncatedTo) : printable(value, Infinity)
  const mark = unpacked || size === 0 ? '' : '*'
  return [
    age > 0 ? formatAge(now - age) : '-',
    text(createdBy.replaceAll('\t', ' ')),
    size === undefined ? '-' : `${formatBytes(size)}${mark}`,
    text(comment),
  ]
}
