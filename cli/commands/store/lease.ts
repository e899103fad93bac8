/** `windlass lease`: protects images from garbage collection for a time. */
import { type Command, Option } from 'commander'
import { maxImageNameLength, printable } from '../../../lib/codec/printable.js'
import { WindlassError } from '../../../lib/errors.js'
import { parseDuration } from '../../../lib/quantities.js'
import { leaseTable } from '../../../puller/store/leases.js'
import { formatTime } from '../../render/lease.js'
import { fitEnd } from '../../render/fit.js'
import { table } from '../../render/table.js'
import { textOption, valueError } from '../../setup/flags.js'
import { withWindlass } from '../../setup/session.js'
import { addJsonFlag, addStoreFlags, type Settings } from '../../setup/settings.js'
import { ReportedFailure } from '../../terminal/failure.js'
import { rejectOnAbort } from '../../terminal/interrupt.js'
import type { Console } from '../../terminal/terminal.js'

interface AddFlags extends Settings {
  readonly owner: string
  readonly for: number
  readonly json?: boolean
}

interface ListFlags extends Settings {
  readonly json?: boolean
}

/** Milliseconds that a lease lasts if nothing is said: a day, as with `ctr leases create`. */
const defaultDuration = 86_400_000

const addExamples = `
Examples:
  windlass lease add alpine:3.20 --owner "build 17" --for 2h
  windlass lease add alpine:3.20 --owner base --for none     until it is removed

Prints the id of the lease. While it lasts, “windlass gc” removes neither the
content of the image, also if its name is removed meanwhile, nor its name. The
lease is for what the name points at now: a later pull does not change it.`

const listExamples = `
Examples:
  windlass lease ls
  windlass lease ls --json | jq -r '.leases[] | select(.expired).id'

A lease that has ended protects nothing. “windlass gc” removes it. While a lease
is damaged, it is unknown what it protects, and “windlass gc” removes nothing.`

const removeExamples = `
Examples:
  windlass lease rm 0123456789abcdef

Prints each id. The image stays until “windlass gc” finds that nothing needs it.`

/** Defines the subcommands of `windlass lease`. */
export function defineLease(command: Command, terminal: Console): void {
  defineAdd(command.command('add').description('lease an image of the store'), terminal)
  defineList(command.command('ls').description('list the leases'), terminal)
  defineRemove(command.command('rm').description('remove leases before their end'), terminal)
}

function defineAdd(command: Command, terminal: Console): void {
  const { owner, duration } = leaseTable
  command
    .argument('<image>', 'a name that “windlass images” lists, an ID or a digest')
    .addOption(textOption('--owner <name>', owner).makeOptionMandatory())
    .addOption(
      new Option('--for <duration>', duration.help).argParser(durationOrNone).default(defaultDuration, '24h'),
    )
  addStoreFlags(command)
  addJsonFlag(command, 'print the lease as a JSON object')
  command
    .addHelpText('after', addExamples)
    .action((image: string) => add(image, command.opts<AddFlags>(), terminal))
}

/** A lease without an end has the duration `Infinity`. */
function durationOrNone(text: string): number {
  if (text === 'none') return Infinity
  const value = parseDuration(text)
  if (leaseTable.duration.codec.is(value)) return value
  throw valueError('a duration, such as 90s, 1h30m or 7d, or none')
}

function defineList(command: Command, terminal: Console): void {
  addStoreFlags(command)
  addJsonFlag(command, 'print one JSON object')
  command.addHelpText('after', listExamples).action(() => list(command.opts<ListFlags>(), terminal))
}

function defineRemove(command: Command, terminal: Console): void {
  command.argument('<lease...>', 'ids that “windlass lease ls” lists')
  addStoreFlags(command)
  command
    .addHelpText('after', removeExamples)
    .action((ids: string[]) => removeAll(ids, command.opts<Settings>(), terminal))
}

function add(image: string, flags: AddFlags, terminal: Console): Promise<void> {
  const { owner, for: duration, json, ...settings } = flags
  return withWindlass(settings, terminal, [], async (windlass, signal) => {
    const options = { owner, signal, ...(duration !== Infinity && { duration }) }
    const lease = await rejectOnAbort(windlass.leases.add(image, options), signal)
    if (json) await terminal.output.json(lease)
    else await terminal.output.line(lease.id)
  })
}

function list({ json, ...flags }: ListFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const { output, messages } = terminal
    const found = await rejectOnAbort(windlass.leases.list(), signal)
    for (const id of found.damaged)
      messages.warning(
        'lease-damaged',
        `The lease ${id} is damaged, so nothing is collected. Remove it with “windlass lease rm ${id}”`,
      )
    if (json) {
      await output.json(found)
      return
    }
    const rows = found.leases.map(({ id, owner, image, expiresAt, expired }) => [
      id,
      printable(owner, 200),
      printable(image, maxImageNameLength),
      expired ? 'ended' : expiresAt === undefined ? 'never' : formatTime(expiresAt),
    ])
    await output.write(
      table(['ID', 'OWNER', 'IMAGE', 'ENDS'], rows, {
        columns: output.columns,
        flexible: [{ at: 2, least: 16, cut: fitEnd }],
      }),
    )
  })
}

function removeAll(ids: readonly string[], flags: Settings, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    let exitCode: number | undefined
    for (const id of ids) {
      if (await rejectOnAbort(windlass.leases.remove(id), signal)) await terminal.output.line(id)
      else exitCode = terminal.messages.error(unknownLeaseError(id))
    }
    if (exitCode !== undefined) throw new ReportedFailure(exitCode)
  })
}

const unknownLeaseError = (id: string): WindlassError =>
  new WindlassError('LEASE_UNKNOWN', `The store has no lease ${printable(id, 100)}`, {
    hint: 'List the leases with “windlass lease ls”.',
  })
