/** Reports warnings of Node and uncaught errors in the format of the command's own messages. */
import { exitAtOnce } from '../../lib/system/exit.js'
import type { Messages } from './messages.js'

/** Names of the warnings that concern only developers and are not shown. */
const developerWarnings = new Set(['DeprecationWarning', 'ExperimentalWarning'])

/**
 * Reports warnings and uncaught errors of the process through `messages`, instead of the lines that Node would print.
 */
export function redirectNotices(messages: Messages): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => {
    if (!developerWarnings.has(name)) messages.warning('process', message)
  })
  process.on('uncaughtException', (error) => {
    exitAtOnce(messages.error(error))
  })
}
