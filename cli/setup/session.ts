/** Opens the library for one command and closes it when the command ends. */
import type { OpenOptions, Windlass } from '../../puller/index.js'
import { interruptible } from '../terminal/interrupt.js'
import { openOptions, type Settings } from './settings.js'
import { hasTelemetry, instrumentIfWanted } from './telemetry.js'
import { verboseOptions } from './verbose.js'
import type { Console } from '../terminal/terminal.js'

/**
 * Runs `work` with an open puller and settles after the puller is closed. Ctrl-C aborts the signal.
 *
 * @param names images or repositories of the command, or a function that reads them; a login is used only for their
 * registry
 * @param notice says what an interrupt does (`cancelling`)
 * @param complete adds to the options of the library what else the command knows, after `names` was called
 * @throws the errors of `names`, of `openOptions`, of opening the store and of `work`
 */
export function withWindlass<T>(
  flags: Settings,
  terminal: Console,
  names: readonly string[] | ((signal: AbortSignal) => Promise<readonly string[]>),
  work: (windlass: Windlass, signal: AbortSignal, names: readonly string[]) => Promise<T>,
  notice?: string,
  complete: (options: OpenOptions) => Promise<OpenOptions> = (options) => Promise.resolve(options),
): Promise<T> {
  const run = async (signal: AbortSignal): Promise<T> => {
    const all = typeof names === 'function' ? await names(signal) : names
    const { open } = await import('../../puller/index.js')
    const onWarning = (message: string, code: string): void => terminal.messages.warning(code, message)
    const windlass = await open({
      ...(await complete(await openOptions(flags, terminal, all, signal))),
      ...{ onWarning, requestEvents: hasTelemetry() },
      ...verboseOptions(flags, terminal.messages),
    })
    try {
      await instrumentIfWanted(windlass, onWarning)
      return await work(windlass, signal, all)
    } finally {
      await windlass.close()
    }
  }
  return interruptible(terminal, run, notice)
}
