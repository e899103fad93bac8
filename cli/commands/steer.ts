/** `windlass pause`, `resume` and `cancel`: change pulls of a running server. */
import type { Command } from 'commander'
import type { WindlassClient } from '../../lib/api/client.js'
import type { PullRecord } from '../../lib/api/shapes.js'
import { maxImageNameLength, printable } from '../../lib/codec/printable.js'
import { findPull } from '../remote/find-pull.js'
import { type ServerFlags, addServerFlags, withServer } from '../remote/server-flags.js'
import { addJsonFlag } from '../setup/settings.js'
import { ReportedFailure } from '../terminal/failure.js'
import { interruptible, rejectOnAbort } from '../terminal/interrupt.js'
import type { Console } from '../terminal/terminal.js'

interface SteerFlags extends ServerFlags {
  readonly json?: boolean
}

/** Changes a pull. */
type Change = (client: WindlassClient, pull: PullRecord) => Promise<PullRecord>

const ended: ReadonlySet<PullRecord['state']> = new Set(['interrupted', 'failed', 'cancelled'])

/** A pull that is done is not started again: the server refuses to resume it. */
const resume: Change = (client, { id, state }) => (ended.has(state) ? client.again(id) : client.resume(id))

const pauseHelp = `
Examples:
  windlass pause 4f1c           an id may be shortened to an unambiguous start
  windlass pause 4f1c 90ab

A paused pull transfers and unpacks nothing. What it received is kept.`

const resumeHelp = `
Examples:
  windlass resume 4f1c
  windlass ps -a --json | jq -r '.[] | select(.state == "interrupted").id' |
    xargs windlass resume

Resumes a paused pull. Starts a pull again that was interrupted or cancelled or
failed; what it had received is not fetched again. It then has a new id, which
is printed.`

const cancelHelp = `
Examples:
  windlass cancel 4f1c

What the pull received is kept: “windlass resume” starts it again.`

/** Defines `windlass pause`. */
export const definePause = (command: Command, terminal: Console): void =>
  define(command, terminal, pauseHelp, (client, { id }) => client.pause(id))

/** Defines `windlass resume`. */
export const defineResume = (command: Command, terminal: Console): void =>
  define(command, terminal, resumeHelp, resume)

/** Defines `windlass cancel`. */
export const defineCancel = (command: Command, terminal: Console): void =>
  define(command, terminal, cancelHelp, (client, { id }) => client.cancel(id))

function define(command: Command, terminal: Console, help: string, change: Change): void {
  command.argument('<id...>', 'ids of pulls, as “windlass ps” lists them, or their starts')
  addJsonFlag(command, 'print each pull as one line of JSON')
  addServerFlags(command)
    .addHelpText('after', help)
    .action((ids: string[]) => changeAll(ids, command.opts<SteerFlags>(), terminal, change))
}

/** Changes the pulls one after the other. One that fails does not stop the others. */
function changeAll(
  ids: readonly string[],
  { json = false, ...flags }: SteerFlags,
  terminal: Console,
  change: Change,
): Promise<void> {
  const { output, messages } = terminal
  return interruptible(terminal, (signal) =>
    withServer(flags, terminal, async ({ client }) => {
      let failed: number | undefined
      for (const id of ids)
        try {
          const pull = await rejectOnAbort(findPull(client, id), signal)
          const changed = await rejectOnAbort(change(client, pull), signal)
          if (json) await output.json(changed)
          else await output.line(`${changed.id} ${printable(changed.order.image, maxImageNameLength)}`)
        } catch (error) {
          // Without the server, or after an interrupt, the others would fail too.
          if (signal.aborted || ids.length === 1 || isAboutServer(error)) throw error
          const code = messages.error(error)
          failed ??= code
        }
      if (failed !== undefined) throw new ReportedFailure(failed)
    }),
  )
}

const isAboutServer = (error: unknown): boolean =>
  !(
    error instanceof Error &&
    'code' in error &&
    (error.code === 'PULL_UNKNOWN' || error.code === 'PULL_ENDED' || error.code === 'USAGE')
  )
