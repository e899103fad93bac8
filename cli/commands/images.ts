/** `windlass images`: lists the entries of the store. */
import type { Command } from 'commander'
import { printable, maxImageNameLength } from '../../lib/codec/printable.js'
import type { ImageSummary } from '../../pipelines/index.js'
import { formatBytes } from '../../lib/quantities.js'
import { table } from '../render/table.js'
import { rejectOnAbort } from '../terminal/interrupt.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface ImagesFlags extends Settings {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass images
  windlass images --json | jq -r '.[].name'

An image of another tool is listed with its name in that tool, and an image
without a name as <none>. To remove the latter, pass the value in the column
DIGEST to “windlass rm”.`

/** Defines the options and the action of `windlass images`. */
export function defineImages(command: Command, terminal: Console): void {
  addStoreFlags(command)
  addJsonFlag(command, 'print one JSON array')
  command.addHelpText('after', examples).action(() => images(command.opts<ImagesFlags>(), terminal))
}

function images({ json, ...flags }: ImagesFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const found = await rejectOnAbort(windlass.images(), signal)
    if (json) {
      await terminal.output.json(found)
      return
    }
    const rows = found.map(row).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    await terminal.output.write(table(['NAME', 'DIGEST', 'PLATFORM', 'SIZE'], rows))
  })
}

/** Each row contains an argument that `windlass rm` accepts: the name, else the digest, else the key. */
const row = ({ name, digest, platform = '-', size, entry, problem }: ImageSummary): string[] => [
  name === undefined ? '<none>' : name === '' ? '""' : printable(name, maxImageNameLength),
  digest === undefined ? entry : printable(digest.replace(/^([\w+.-]+:.{12}).*$/s, '$1')),
  printable(platform),
  problem ? problem.kind : formatBytes(size ?? 0),
]
