/** `windlass watch`: shows the progress of pulls of a running server. */
import type { Command } from 'commander'
import { Subject } from 'rxjs'
import type { WindlassClient } from '../../lib/api/client.js'
import type { ServerMessage } from '../../lib/api/messages.js'
import type { PullEvent } from '../../lib/events/index.js'
import { findPull } from '../remote/find-pull.js'
import { failWhenLost } from '../remote/connection-watch.js'
import { followRemote } from '../remote/remote-pull.js'
import { type ServerFlags, addServerFlags, withServer } from '../remote/server-flags.js'
import { progressView } from '../render/progress.js'
import type { ProgressView } from '../render/progress-view.js'
import { type ProgressFlags, addProgressFlags, follow, progressKind } from '../setup/progress-flags.js'
import { ReportedFailure } from '../terminal/failure.js'
import { interruptible, rejectOnAbort } from '../terminal/interrupt.js'
import type { Console } from '../terminal/terminal.js'
import { printImage } from './sets/pull-sets.js'
import { addJsonFlag } from '../setup/settings.js'

interface WatchFlags extends ServerFlags, ProgressFlags {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass watch               all pulls, until Ctrl-C
  windlass watch 4f1c          one pull, until it ends; the id may be short
  windlass watch --progress json 2>&1 | jq -c 'select(.type == "end")'

Ctrl-C ends the display only: the pulls go on. With an id, the exit code is that
of the pull.`

/** Defines the arguments, options and action of `windlass watch`. */
export function defineWatch(command: Command, terminal: Console): void {
  command.argument('[id]', 'id of a pull, as “windlass ps” lists it, or its start')
  addProgressFlags(command)
  addJsonFlag(command, 'print the result of the pull as JSON')
  addServerFlags(command)
    .addHelpText('after', examples)
    .action((id: string | undefined) => watch(id, command.opts<WatchFlags>(), terminal))
}

function watch(id: string | undefined, flags: WatchFlags, terminal: Console): Promise<void> {
  const run = (signal: AbortSignal): Promise<void> =>
    withServer(flags, terminal, async ({ client }) => {
      if (id === undefined) await watchAll(client, flags, terminal, signal)
      else await watchOne(client, id, flags, terminal, signal)
    })
  return interruptible(terminal, run, null)
}

async function watchOne(
  client: WindlassClient,
  start: string,
  flags: WatchFlags,
  terminal: Console,
  signal: AbortSignal,
): Promise<void> {
  const { id } = await rejectOnAbort(findPull(client, start), signal)
  const pull = followRemote(client, id)
  signal.addEventListener('abort', () => pull.leave(signal.reason), { once: true })
  await printImage(await endQuietly(follow(pull, flags, terminal), signal), flags, terminal)
}

/** Shows the running pulls, and those that start, until `signal` aborts. */
async function watchAll(
  client: WindlassClient,
  flags: WatchFlags,
  terminal: Console,
  signal: AbortSignal,
): Promise<void> {
  // Fails at once if no server listens; the stream would try again.
  const running = (await rejectOnAbort(client.pulls(), signal)).some(({ endedAt }) => endedAt === undefined)
  if (!running)
    terminal.messages.note('No pull is running. Those that start will be shown; Ctrl-C ends this.')
  const view = progressView(progressKind(flags), terminal, { several: true, isLive: true })
  const shown = new ShownPulls(view)
  try {
    await endQuietly(
      new Promise<void>((_, reject) => {
        const { onConnection, end } = failWhenLost(reject)
        const following = client.messages({ onConnection }).subscribe({
          next: (message) => shown.add(message),
          error: reject,
        })
        const stop = (): void => {
          end()
          following.unsubscribe()
          reject(signal.reason)
        }
        if (signal.aborted) stop()
        else signal.addEventListener('abort', stop, { once: true })
      }),
      signal,
    )
  } finally {
    view.close()
  }
}

/** Settles like `work`. After an interrupt, ends with the exit code of one, without a message: nothing was cancelled. */
const endQuietly = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  work.catch((error: unknown) => {
    throw signal.aborted ? new ReportedFailure(130) : error
  })

/** Gives the events of each pull of a server to a view. */
class ShownPulls {
  readonly #view: ProgressView
  readonly #pulls = new Map<string, { readonly events: Subject<PullEvent>; seq: number }>()

  constructor(view: ProgressView) {
    this.#view = view
  }

  /** Takes a message of the server. */
  add(message: ServerMessage): void {
    if (message.type === 'event') this.#event(message.event)
    if (message.type !== 'state') return
    for (const { events, endedAt, id } of message.pulls) {
      // A pull that had ended before is not shown.
      if (endedAt !== undefined && !this.#pulls.has(id)) continue
      events.forEach((event) => this.#event(event))
    }
    // A server that was started again does not know the events of the pulls that were interrupted.
    const known = new Set(message.pulls.filter(({ state }) => state !== 'interrupted').map(({ id }) => id))
    for (const [id, { events }] of this.#pulls) if (!known.has(id)) this.#end(id, events)
  }

  #event(event: PullEvent): void {
    const known = this.#pulls.get(event.pull) ?? this.#begin(event)
    if (!known || event.seq <= known.seq) return
    known.seq = event.seq
    known.events.next(event)
    if (event.type === 'end') this.#end(event.pull, known.events)
  }

  #begin(event: PullEvent): { readonly events: Subject<PullEvent>; seq: number } | undefined {
    // The rest of a pull whose end was seen.
    if (event.type === 'end') return undefined
    const pull = { events: new Subject<PullEvent>(), seq: 0 }
    this.#pulls.set(event.pull, pull)
    void this.#view.add(pull.events, event.type === 'start' ? event.reference : event.pull).settle()
    return pull
  }

  #end(id: string, events: Subject<PullEvent>): void {
    events.complete()
    this.#pulls.delete(id)
  }
}
