/** Handles interrupts such as Ctrl-C: the first one cancels the work, the second one ends the process. */
import { WindlassError } from '../../lib/errors.js'
import type { Console } from './terminal.js'

const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Milliseconds that a cancelled command has to clean up before the process ends. */
const cleanupTimeout = 10_000

/** Exit code of a cancelled command: 128 + SIGINT, as in shells. */
const cancelledCode = 130

/**
 * Runs `work` with a signal that the first interrupt aborts with a CANCELLED error as its reason.
 * @param notice says what an interrupt does (`cancelling`); null: the interrupt is not reported
 */
export async function interruptible<T>(
  { signals, messages, exit }: Pick<Console, 'signals' | 'messages' | 'exit'>,
  work: (signal: AbortSignal) => Promise<T>,
  notice: string | null = 'cancelling',
): Promise<T> {
  const controller = new AbortController()
  let cleanupTimer: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      exit(cancelledCode)
      return
    }
    if (notice !== null) messages.cancelling(notice)
    cleanupTimer = setTimeout(() => exit(cancelledCode), cleanupTimeout)
    controller.abort(new WindlassError('CANCELLED', 'Cancelled'))
  }
  for (const name of interrupts) signals.on(name, interrupt)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(cleanupTimer)
    for (const name of interrupts) signals.off(name, interrupt)
  }
}

/**
 * Settles like `work`, or rejects with the reason of `signal` if it aborts first. The work itself continues, so it must
 * not need any cleanup.
 */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
