/** Ctrl-C: the first asks the work to end cleanly, the second ends the process. */
import { WindlassError } from '../../lib/errors.js'
import type { Console } from './terminal.js'

const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How long, in milliseconds, a cancelled command may clean up before the process ends all the same. */
const patience = 10_000

const cancelledCode = 130

/** Runs `work` with a signal that the first interrupt aborts, its reason CANCELLED. */
export async function interruptible<T>(
  { signals, messages, exit }: Pick<Console, 'signals' | 'messages' | 'exit'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  let impatience: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      exit(cancelledCode)
      return
    }
    messages.cancelling()
    impatience = setTimeout(() => exit(cancelledCode), patience)
    controller.abort(new WindlassError('CANCELLED', 'Cancelled'))
  }
  for (const name of interrupts) signals.on(name, interrupt)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(impatience)
    for (const name of interrupts) signals.off(name, interrupt)
  }
}

/** `work`, given up as soon as `signal` aborts: for work that hears no signal and leaves nothing behind. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
