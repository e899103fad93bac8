/** One command's use of the library: opened, interruptible, and closed whatever happens. */
import type { Windlass } from '../../puller/index.js'
import { interruptible } from '../terminal/interrupt.js'
import { openOptions, type Settings } from './settings.js'
import type { Console } from '../terminal/terminal.js'

/** Runs `work`, which is about the images or repositories `names`, with an open puller; Ctrl-C aborts the signal. Settles when everything of it is closed. */
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
