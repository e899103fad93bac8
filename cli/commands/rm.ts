/** `windlass rm`: removes names of images from the store. */
import type { Command } from 'commander'
import { asWindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/codec/printable.js'
import type { RemovalOutcome } from '../../pipelines/index.js'
import type { Windlass } from '../../puller/index.js'
import { describeLease } from '../render/lease.js'
import { ReportedFailure } from '../terminal/failure.js'
import { rejectOnAbort } from '../terminal/interrupt.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface RemoveFlags extends Settings {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass rm alpine:3.20
  windlass rm debian:11 debian:12 && windlass gc     also free their disk space
  windlass rm sha256:1f3a           an image without a name, by its digest

Prints each name that was removed. “windlass gc” removes the layers and
manifests that no name and no lease needs any more. An image ID removes an image
that has one name.`

/** Defines the arguments, options and action of `windlass rm`. */
export function defineRemove(command: Command, terminal: Console): void {
  command.argument(
    '<image...>',
    'a name that “windlass images” lists, the name as it was pulled, an ID or a digest',
  )
  addJsonFlag(command, 'print each result as one line of JSON')
  addStoreFlags(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) => removeAll(images, command.opts<RemoveFlags>(), terminal))
}

function removeAll(names: readonly string[], flags: RemoveFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    let exitCode: number | undefined
    for (const outcome of await removeNames(names, windlass, signal, flags, terminal)) {
      const code = await printOutcome(outcome, flags, terminal)
      exitCode ??= code
    }
    if (exitCode !== undefined) throw new ReportedFailure(exitCode)
  })
}

/** Removes the names. An error that affects all of them is printed once for each name with `--json`. */
async function removeNames(
  names: readonly string[],
  windlass: Windlass,
  signal: AbortSignal,
  { json }: RemoveFlags,
  terminal: Console,
): Promise<readonly RemovalOutcome[]> {
  try {
    return await rejectOnAbort(windlass.removeAll(names), signal)
  } catch (caught) {
    const error = asWindlassError(caught)
    if (json && !signal.aborted)
      for (const name of names) await terminal.output.json({ name, error: error.toJSON() })
    throw error
  }
}

/** Prints the result for one name. Returns the exit code of a failure; undefined if the name was removed. */
async function printOutcome(
  outcome: RemovalOutcome,
  { json }: RemoveFlags,
  terminal: Console,
): Promise<number | undefined> {
  if ('error' in outcome) {
    const { name, error } = outcome
    if (json) await terminal.output.json({ name, error: error.toJSON() })
    return terminal.messages.error(error)
  }
  const name = outcome.name === '' ? '""' : printable(outcome.name, 2_000)
  if (json) await terminal.output.json(outcome)
  else await terminal.output.line(name)
  for (const lease of outcome.leases ?? [])
    terminal.messages.note(`The content of ${name} stays in the store: ${describeLease(lease)} holds it`)
  return undefined
}
