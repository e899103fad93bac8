/** The end of this process, whatever its threads are doing. */
import { libc } from './libc.js'

/**
 * Ends the process with `code`, at once. `process.exit` waits for the threads of the pool: one that opens a FIFO which
 * nobody writes to, or a file of a file system that does not answer, never comes back. It also resets the terminal, and
 * aborts where that terminal is gone. Listeners of `exit` are called, as `process.exit` does.
 */
export function exitAtOnce(code: number): void {
  process.exitCode = code
  try {
    process.emit('exit', code)
    libc()?.find('void _exit(int)')?.call(code)
  } finally {
    // Where the C library cannot be called.
    process.kill(process.pid, 'SIGKILL')
  }
}
