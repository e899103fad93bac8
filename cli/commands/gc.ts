/** `windlass gc`: removes from the store what no name and no running pull needs. */
import type { Command } from 'commander'
import { rejectOnAbort } from '../terminal/interrupt.js'
import { maxImageNameLength, printable } from '../../lib/codec/printable.js'
import { formatAge, formatBytes, formatCount } from '../../lib/quantities.js'
import type { Collected, KeptReason } from '../../pipelines/index.js'
import { collectTable } from '../../puller/store/store-options.js'
import { describeLease } from '../render/lease.js'
import { table } from '../render/table.js'
import { durationOption, sizeOption } from '../setup/flags.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addPartialsFlag, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface CollectFlags extends Settings {
  readonly dryRun?: boolean
  readonly json?: boolean
  readonly keepStorage?: number
  readonly unusedFor?: number
}

const examples = `
Examples:
  windlass gc --dry-run                      print what would be removed
  windlass gc
  windlass gc --unused-for 7d                also images not used for a week
  windlass gc --keep-storage 20G --dry-run   least recently used images first
  windlass gc --keep-partials 0              also interrupted downloads

Without --keep-storage and --unused-for, no image is removed. With both, an
image goes only if it was not used for that time and the store is too large. K,
M, G and T are powers of 1024, as for Docker; durations end in s, m, h, d or w.
Images that a process uses, that are mounted or leased, and those of other tools
are never removed.

Pulls may run at the same time, also in other processes: nothing that they need
is removed. Other programs that write to the store must not run, because they do
not know its locks.`

/** Defines the options and the action of `windlass gc`. */
export function defineCollect(command: Command, terminal: Console): void {
  command.option('--dry-run', 'only print what would be removed')
  command.addOption(sizeOption('--keep-storage <size>', collectTable.keepStorage))
  command.addOption(durationOption('--unused-for <duration>', collectTable.unusedFor))
  addPartialsFlag(command)
  addStoreFlags(command)
  addJsonFlag(
    command,
    'print one JSON object: the removed images and content, sizes, and what was kept and why',
  )
  command.addHelpText('after', examples).action(() => collect(command.opts<CollectFlags>(), terminal))
}

function collect(
  { dryRun = false, json, keepStorage, unusedFor, ...flags }: CollectFlags,
  terminal: Console,
): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    // An interrupt ends the wait, not the collection: `withWindlass` returns only when the collection has finished.
    const collecting = windlass.collect({
      dryRun,
      ...(keepStorage !== undefined && { keepStorage }),
      ...(unusedFor !== undefined && { unusedFor }),
    })
    const collected = await rejectOnAbort(collecting, signal)
    if (json) await terminal.output.json(collected)
    else await printCollected(collected, terminal)
  })
}

async function printCollected(
  { dryRun, removed, images, kept, leases, bytes, leftovers }: Collected,
  { output, messages }: Console,
): Promise<void> {
  const now = Date.now()
  const done = dryRun ? 'Would remove' : 'Removed'
  for (const { names, lastUsedAt } of images)
    for (const name of names)
      await output.line(`${done} ${nameForPeople(name)}, last used ${formatAge(now - lastUsedAt)} ago`)
  for (const lease of leases) await output.line(`${done} ${describeLease(lease)}, which has ended`)
  const rows = removed.map(({ kind, digest, bytes: size }) => [kind, digest, formatBytes(size)])
  if (rows.length > 0) await output.write(table(['KIND', 'DIGEST', 'SIZE'], rows))
  const imageCount = images.length > 0 ? `${formatCount(images.length, 'image')}, ` : ''
  await output.line(`${done} ${imageCount}${formatCount(rows.length, 'object')}, ${formatBytes(bytes)}`)
  // “Removed” also after a dry run: opening the store has removed the files of killed processes.
  if (leftovers.processes > 0 || leftovers.bytes > 0)
    await output.line(`Removed files of killed processes, ${formatBytes(leftovers.bytes)}`)
  for (const { names, reason } of kept)
    messages.note(`${names.map(nameForPeople).join(', ')} stays: ${describeReason(reason)}`)
}

const nameForPeople = (name: string): string => (name === '' ? '""' : printable(name, maxImageNameLength))

/** Returns why an image stays, as a clause. */
function describeReason(reason: KeptReason): string {
  switch (reason.kind) {
    case 'lease':
      return `${describeLease(reason)} holds it`
    case 'mount':
      return `it is mounted at ${printable(reason.directory, 4_096)}`
    case 'running':
      return 'a running process uses it'
    case 'other tool':
      return 'another tool has named it. Remove the name with “windlass rm”'
  }
}
