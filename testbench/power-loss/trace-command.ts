/** Runs the built command under strace. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { tracedCalls } from './replay.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface TracedCommand {
  /** Output of strace. */
  readonly trace: string
  readonly exit: number | null
  readonly stderr: string
}

export interface TraceOptions {
  /** Path for the log of strace, outside of the traced directory. */
  readonly log: string
  /**
   * Kills the process when it begins the `nth` call of this name. strace counts per thread, so the process then has
   * only one thread for file operations.
   */
  readonly kill?: { readonly call: string; readonly nth: number }
}

/** Traces `windlass` with `args`. Documents must be smaller than 64 KiB, because strace truncates longer strings. */
export function traceCommand(args: readonly string[], { log, kill }: TraceOptions): Promise<TracedCommand> {
  const strace = ['-f', '-qq', '-y', '-s', '65536', '-e', 'signal=none', '-o', log]
  strace.push('-e', `trace=${tracedCalls.map((call) => `?${call}`).join(',')}`)
  if (kill) strace.push('-e', `inject=${kill.call}:signal=KILL:when=${kill.nth}`)
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    // Operations through io_uring are not visible as system calls.
    UV_USE_IO_URING: '0',
    ...(kill && { UV_THREADPOOL_SIZE: '1' }),
  }
  return new Promise((resolve, reject) => {
    const child = spawn('strace', [...strace, process.execPath, main, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (exit) => {
      const trace = readFileSync(log, 'latin1')
      rmSync(log)
      resolve({ trace, exit, stderr })
    })
  })
}
