/** What the process says beside the command: warnings of Node, and errors that nobody caught. */
import { exitAtOnce } from '../../lib/system/exit.js'
import type { Messages } from './messages.js'

/** Of these only who writes programs makes anything. */
const forDevelopers = new Set(['DeprecationWarning', 'ExperimentalWarning'])

/** Has them said as the command says its own, where Node would write lines of its own to stderr. */
export function saidBy(messages: Messages): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => {
    if (!forDevelopers.has(name)) messages.warning('process', message)
  })
  process.on('uncaughtException', (error) => {
    exitAtOnce(messages.error(error))
  })
}
