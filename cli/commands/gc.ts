/** `windlass gc`: removes from the store what no name and no running pull needs. */
import type { Command } from 'commander'
import { rejectOnAbort } from '../terminal/interrupt.js'
import { formatBytes, formatCount } from '../../lib/quantities.js'
import { table } from '../render/table.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addPartialsFlag, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface CollectFlags extends Settings {
  readonly dryRun?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass gc --dry-run              print what would be removed
  windlass gc
  windlass gc --keep-partials 0      also remove interrupted downloads
  windlass gc --json | jq .bytes

Pulls may run at the same time, also in other processes: nothing that they need
is removed. Other programs that write to the store must not run, because they do
not know its locks.`

/** Defines the options and the action of `windlass gc`. */
export function defineCollect(command: Command, terminal: Console): void {
  command.option('--dry-run', 'only print what would be removed')
  addPartialsFlag(command)
  addStoreFlags(command)
  addJsonFlag(
    command,
    'print one JSON object: the removed content, its size, and the files that killed processes left',
  )
  command.addHelpText('after', examples).action(() => collect(command.opts<CollectFlags>(), terminal))
}

function collect({ dryRun, json, ...flags }: CollectFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    // An interrupt ends the wait, not the collection: `withWindlass` returns only when the collection has finished.
    const collecting = windlass.collect({ ...(dryRun && { dryRun }) })
    const { removed, bytes, leftovers, ...rest } = await rejectOnAbort(collecting, signal)
    if (json) {
      await terminal.output.json({ ...rest, bytes, leftovers, removed })
      return
    }
    const rows = removed.map(({ kind, digest, bytes: size }) => [kind, digest, formatBytes(size)])
    if (rows.length > 0) await terminal.output.write(table(['KIND', 'DIGEST', 'SIZE'], rows))
    await terminal.output.line(
      `${dryRun ? 'Would remove' : 'Removed'} ${formatCount(rows.length, 'object')}, ${formatBytes(bytes)}`,
    )
    // “Removed” also after a dry run: opening the store has removed the files of killed processes.
    if (leftovers.processes > 0 || leftovers.bytes > 0)
      await terminal.output.line(`Removed files of killed processes, ${formatBytes(leftovers.bytes)}`)
  })
}
