/** Ends the process without waiting for its threads. */
import { libc } from './libc.js'

/**
 * Ends the process immediately with exit code `code`, after calling the `exit` listeners.
 *
 * `process.exit` waits for the threads of the pool, which may never return: for example one that opens a FIFO without a
 * writer, or a file on a file system that does not respond. It also resets the terminal and aborts if the terminal is
 * gone.
 */
export function exitAtOnce(code: number): void {
  process.exitCode = code
  try {
    process.emit('exit', code)
    libc()?.find('void _exit(int)')?.call(code)
  } finally {
    // Reached only if the C library cannot be called.
    process.kill(process.pid, 'SIGKILL')
  }
}
