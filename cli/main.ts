/** The program: runs one command and ends with its exit code. */
import { run } from './program.js'
import { processTerminal } from './terminal.js'

// What this process makes it must be able to use: a umask that takes its own rights away (0777) is kept for others only.
process.umask(process.umask(0o077) & 0o077)

void run(process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code
  // Whatever a connection or a worker still holds, the command is done: it must not keep the user waiting.
  setTimeout(() => process.exit(), 2_000).unref()
})
