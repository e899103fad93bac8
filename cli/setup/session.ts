/** Opens the library for one command and closes it when the command ends. */
import type { Windlass } from '../../puller/index.js'
import { interruptible } from '../terminal/interrupt.js'
import { openOptions, type Settings } from './settings.js'
import type { Console } from '../terminal/terminal.js'

/**
 * Runs `work` with an open puller and settles after the puller is closed. Ctrl-C aborts the signal.
 *
 * @param names images or repositories of the command; a login is used for their registry only
 * @throws the errors of `openOptions`, of opening the store and of `work`
 */
export function withWindlass<T>(
  flags: Settings,
  terminal: Console,
  names: readonly string[],
  work: (windlass: Windlass, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(terminal, async (signal) => {
    const { open } = await import('../../puller/index.js')
    const onWarning = (message: string, code: string): void => terminal.messages.warning(code, message)
    const windlass = await open({ ...(await openOptions(flags, terminal, names, signal)), onWarning })
    try {
      return await work(windlass, signal)
    } finally {
      await windlass.close()
    }
  })
}
