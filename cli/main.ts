/** The program: runs one command and ends with its exit code. */
import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { exitAtOnce } from '../lib/system/exit.js'
import { isTerminal } from './terminal/is-terminal.js'
import { run } from './program.js'
import { processTerminal } from './terminal/terminal.js'
import { standSomewhere } from './terminal/working-directory.js'

// Node resets the terminal when it ends, and aborts where that has been closed by then.
const onTerminal = [0, 1, 2].some(isTerminal)
standSomewhere()

// What this process makes it must be able to use: a umask that takes its own rights away (0777) is kept for others only.
process.umask(process.umask(0o077) & 0o077)

let isOver = false
process.once('exit', () => {
  if (isOver || process.exitCode !== undefined) return
  // Nothing was left to wait for, and the command had no answer: that must not look like success.
  process.exitCode = 1
  writeSync(
    2,
    'windlass: The command ended before it was done\n  Was the limit of processes reached (ulimit -u)? WINDLASS_DEBUG=1 says more.\n',
  )
})

void run(process.argv.slice(2), processTerminal()).then(async (code) => {
  isOver = true
  process.exitCode = code
  // Whatever a connection, a thread or a call of the system still holds, the command is done: it must not keep the user waiting.
  setTimeout(() => exitAtOnce(code), 2_000).unref()
  if (!onTerminal) return
  await Promise.all([process.stdout, process.stderr].map(written))
  exitAtOnce(code)
})

/** Settles when all that was written to `stream` is on its way, or nobody reads it any more. */
const written = (stream: Writable): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()))
