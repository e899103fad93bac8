/** `windlass ps`: lists the pulls of a running server. */
import type { Command } from 'commander'
import type { WindlassClient } from '../../lib/api/client.js'
import type { PullRecord } from '../../lib/api/shapes.js'
import { maxImageNameLength, printable } from '../../lib/codec/printable.js'
import { WindlassError } from '../../lib/errors.js'
import { formatBytes, formatCount, formatTimeLeft } from '../../lib/quantities.js'
import { type ServerFlags, addServerFlags, withServer } from '../remote/server-flags.js'
import { table } from '../render/table.js'
import { addJsonFlag } from '../setup/settings.js'
import { interruptible, rejectOnAbort } from '../terminal/interrupt.js'
import type { Console } from '../terminal/terminal.js'

interface ListFlags extends ServerFlags {
  readonly all?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass ps
  windlass ps -a --json | jq -r '.[] | select(.state == "interrupted").id'
  WINDLASS_HOST=http://127.0.0.1:5180 windlass ps --token-file token

The columns: id, image, state, per cent done, bytes fetched of all, bytes per
second, time left.`

/** A pull with the rate of the last second. */
type ListedPull = PullRecord & {
  /** Bytes per second that the pull receives; null unless it runs and was measured. */
  readonly bytesPerSecond: number | null
}

/** Defines the options and the action of `windlass ps`. */
export function definePulls(command: Command, terminal: Console): void {
  command.option('-a, --all', 'also list pulls that have ended or were interrupted')
  addJsonFlag(command, 'print one JSON array')
  addServerFlags(command)
    .addHelpText('after', examples)
    .action(() => listPulls(command.opts<ListFlags>(), terminal))
}

function listPulls({ all = false, json = false, ...flags }: ListFlags, terminal: Console): Promise<void> {
  return interruptible(terminal, (signal) =>
    withServer(flags, terminal, async ({ client }) => {
      const { output, messages } = terminal
      const pulls = await rejectOnAbort(client.pulls(), signal)
      const wanted = pulls.filter((pull) => all || isActive(pull))
      const listed = await rejectOnAbort(Promise.all(wanted.map((pull) => withRate(client, pull))), signal)
      if (json) await output.json(listed)
      else await output.write(table(head, listed.map(row)))
      const interrupted = pulls.filter(({ state }) => state === 'interrupted').length
      if (!all && interrupted > 0)
        messages.note(
          `${formatCount(interrupted, 'pull')} of an earlier server can be resumed: see “windlass ps -a”.`,
        )
    }),
  )
}

/** Reports whether the pull has not ended. */
export const isActive = ({ state }: PullRecord): boolean => state === 'running' || state === 'paused'

async function withRate(client: WindlassClient, pull: PullRecord): Promise<ListedPull> {
  if (pull.state !== 'running') return { ...pull, bytesPerSecond: null }
  try {
    const { samples } = await client.onePull(pull.id)
    return { ...pull, bytesPerSecond: samples.at(-1)?.network ?? null }
  } catch (error) {
    // It has ended and was removed from the list meanwhile.
    if (error instanceof WindlassError && error.code === 'PULL_UNKNOWN')
      return { ...pull, bytesPerSecond: null }
    throw error
  }
}

const head = ['ID', 'IMAGE', 'STATE', 'DONE', 'BYTES', 'RATE', 'LEFT']

function row({ id, order, state, progress, bytesPerSecond }: ListedPull): string[] {
  const { fraction, fetched, total, secondsLeft } = progress
  return [
    printable(id),
    printable(order.image, maxImageNameLength),
    state,
    state === 'interrupted' ? '-' : `${Math.floor(fraction * 100)} %`,
    fetched === null || total === null ? '-' : `${formatBytes(fetched)} / ${formatBytes(total)}`,
    bytesPerSecond === null ? '-' : `${formatBytes(bytesPerSecond)}/s`,
    state === 'running' && secondsLeft !== null ? formatTimeLeft(secondsLeft * 1_000) : '-',
  ]
}
