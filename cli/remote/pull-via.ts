/** `windlass pull --via`: lets a running server pull images, and shows their progress. */
import {
  EMPTY,
  type Observable,
  concat,
  concatMap,
  from,
  ignoreElements,
  lastValueFrom,
  mergeMap,
  of,
} from 'rxjs'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import type { PullOrder } from '../../lib/api/shapes.js'
import type { ImageResult } from '../../lib/events/index.js'
import { progressView } from '../render/progress.js'
import { type ProgressFlags, followShown, progressKind } from '../setup/progress-flags.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Console } from '../terminal/terminal.js'
import { type RemotePull, followRemote } from './remote-pull.js'
import { type Server, type ServerFlags, withServer } from './server-flags.js'

/** A request to pull images through a server. */
export interface ViaRequest {
  readonly server: ServerFlags
  readonly flags: ProgressFlags
  /** Options of each pull. */
  readonly order: Omit<PullOrder, 'image'>
  /** Maximum number of images that the server pulls at a time. */
  readonly concurrency: number
  readonly failFast: boolean
  /** Reads the names of the images. */
  readonly read: (signal: AbortSignal) => Promise<readonly string[]>
  readonly onPulled: (image: ImageResult) => Promise<unknown>
  /** Reports a failure. */
  readonly onFailed: (error: unknown, name: string) => Promise<unknown>
}

/** Shows a pull to its end, then reports its result. */
type Settle = () => Promise<void>

/** A pull that was started. */
interface Started {
  readonly settle: Settle
  /** Resolves with the end of the pull: then the next one may start. */
  readonly over: Promise<unknown>
}

/** Pulls the images. Ctrl-C cancels the pulls on the server. @throws CANCELLED; errors of the server */
export function pullVia(request: ViaRequest, terminal: Console): Promise<void> {
  const notice = 'cancelling on the server: what was received is kept, and the next pull resumes it'
  const run = (signal: AbortSignal): Promise<void> =>
    withServer(request.server, terminal, async (server) => {
      const names = await request.read(signal)
      // Fails at once if no server listens.
      await server.client.info()
      signal.throwIfAborted()
      await pullNames(names, server, request, terminal, signal)
    })
  return interruptible(terminal, run, notice)
}

async function pullNames(
  names: readonly string[],
  { client }: Server,
  { flags, order, concurrency, failFast, onPulled, onFailed }: ViaRequest,
  terminal: Console,
  signal: AbortSignal,
): Promise<void> {
  const several = names.length > 1
  const view = progressView(progressKind(flags), terminal, {
    several,
    expected: names.length,
  })
  const running = new Map<string, RemotePull>()
  let stopped = false
  // A function, because the compiler does not know that `cancelAll` runs during the awaits.
  const isStopped = (): boolean => stopped
  const cancelAll = (): void => {
    stopped = true
    for (const [id, pull] of running) {
      // Each once: the server refuses to cancel a pull that has ended.
      running.delete(id)
      client.cancel(id).catch((error: unknown) => pull.leave(error))
    }
  }
  /** Called as soon as a pull fails, before the next one starts. */
  const onFailure = (): void => {
    if (failFast) cancelAll()
  }
  signal.addEventListener('abort', cancelAll, { once: true })

  /** Starts a pull, and emits what shows it; completes with the pull, so that the next one may start. */
  const start = async (name: string): Promise<Started | undefined> => {
    if (isStopped()) return undefined
    const record = await client.pull(name, order).catch((error: unknown) => asWindlassError(error))
    if (record instanceof WindlassError) {
      onFailure()
      return {
        settle: async () => {
          await view.aside(() => onFailed(record, name))
        },
        over: Promise.resolve(),
      }
    }
    const pull = followRemote(client, record.id)
    running.set(record.id, pull)
    // All may have been cancelled while the server started this one.
    if (isStopped()) cancelAll()
    const ended = (): unknown => running.delete(record.id)
    const over = pull.done.then(ended, () => {
      ended()
      onFailure()
    })
    const shown = view.add(pull.events, several ? name : undefined)
    const settle = async (): Promise<void> => {
      const report = await followShown(pull, shown, flags, terminal).then(
        (image) => () => onPulled(image),
        (error: unknown) => async () => {
          const isConsequence = isStopped() && asWindlassError(error).code === 'CANCELLED'
          if (!isConsequence) await onFailed(error, name)
        },
      )
      await view.aside(report)
    }
    return { settle, over }
  }

  try {
    await lastValueFrom(startEach(names, concurrency, start).pipe(concatMap((settle) => settle())), {
      defaultValue: undefined,
    })
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', cancelAll)
    view.close()
  }
}

/** Starts the names, at most `concurrency` at a time, and emits what shows each when it has started. */
const startEach = (
  names: readonly string[],
  concurrency: number,
  start: (name: string) => Promise<Started | undefined>,
): Observable<Settle> =>
  from(names).pipe(
    mergeMap(
      (name) =>
        from(start(name)).pipe(
          mergeMap((started) =>
            started ? concat(of(started.settle), from(started.over).pipe(ignoreElements())) : EMPTY,
          ),
        ),
      concurrency,
    ),
  )
