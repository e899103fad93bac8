/** Main module of the command line: runs one command and exits with its exit code. */
import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { exitAtOnce } from '../lib/system/exit.js'
import { isTerminal } from './terminal/is-terminal.js'
import { run } from './program.js'
import { processTerminal } from './terminal/terminal.js'
import { ensureWorkingDirectory } from './terminal/working-directory.js'

// On a normal exit, Node resets the terminal, and aborts if the terminal has been closed meanwhile. A command on a
// terminal therefore ends with `exitAtOnce`.
const isOnTerminal = [0, 1, 2].some(isTerminal)
ensureWorkingDirectory()

// The process must be able to use the files that it makes. A umask that removes the owner's rights (0777) is applied to
// group and others only.
process.umask(process.umask(0o077) & 0o077)

let hasFinished = false
process.once('exit', () => {
  if (hasFinished || process.exitCode !== undefined) return
  // The event loop is empty although the command has not finished. That must not look like success.
  process.exitCode = 1
  writeSync(
    2,
    'windlass: The command ended before its work was done\n  Is the limit of processes reached (ulimit -u)? WINDLASS_DEBUG=1 shows more.\n',
  )
})

void run(process.argv.slice(2), processTerminal()).then(async (code) => {
  hasFinished = true
  process.exitCode = code
  // An open connection, a thread or a pending system call must not delay the exit by more than two seconds.
  setTimeout(() => exitAtOnce(code), 2_000).unref()
  if (!isOnTerminal) return
  await Promise.all([process.stdout, process.stderr].map(waitForFlush))
  exitAtOnce(code)
})

/** Resolves when everything written to `stream` has been flushed or the stream has failed. */
const waitForFlush = (stream: Writable): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()))
