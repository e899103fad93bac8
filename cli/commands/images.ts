/** `windlass images`: what the store holds, by name. */
import type { Command } from 'commander'
import { printable } from '../../lib/image/printable.js'
import type { ImageSummary } from '../../pipelines/index.js'
import { formatBytes } from '../render/quantities.js'
import { table } from '../render/table.js'
import { orAborted } from '../interrupt.js'
import { withWindlass } from '../session.js'
import { jsonFlag, type Settings, storeFlags } from '../settings.js'
import type { Console } from '../terminal.js'

interface ImagesFlags extends Settings {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass images
  windlass images --json | jq -r '.[].name'`

export function defineImages(command: Command, terminal: Console): void {
  storeFlags(command)
  jsonFlag(command, 'one array of objects')
  command.addHelpText('after', examples).action(() => images(command.opts<ImagesFlags>(), terminal))
}

function images({ json, ...flags }: ImagesFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const found = await orAborted(windlass.images(), signal)
    if (json) {
      await terminal.output.json(found)
      return
    }
    const rows = found.map(row).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    await terminal.output.write(table(['NAME', 'DIGEST', 'PLATFORM', 'SIZE'], rows))
  })
}

const row = ({ name, digest, platform = '-', size }: ImageSummary): string[] => [
  printable(name, 500),
  digest.replace(/^(\w+:.{12}).*$/, '$1'),
  printable(platform),
  size === undefined ? 'damaged' : formatBytes(size),
]
