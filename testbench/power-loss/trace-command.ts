/** Runs the real command under strace. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { tracedCalls } from './replay.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface TracedCommand {
  /** What strace wrote. */
  readonly trace: string
  readonly exit: number | null
  readonly stderr: string
}

export interface TraceOptions {
  /** Where strace may write its log: outside of the disk that is looked at. */
  readonly log: string
  /** Kills the process as it begins this call, the `nth` of its thread. One thread does all that touches files then. */
  readonly kill?: { readonly call: string; readonly nth: number }
}

/** `args` are those of `windlass`. Documents are to be seen whole in the trace: keep the layers small. */
export function traceCommand(args: readonly string[], { log, kill }: TraceOptions): Promise<TracedCommand> {
  const strace = ['-f', '-qq', '-y', '-s', '65536', '-e', 'signal=none', '-o', log]
  strace.push('-e', `trace=${tracedCalls.map((call) => `?${call}`).join(',')}`)
  if (kill) strace.push('-e', `inject=${kill.call}:signal=KILL:when=${kill.nth}`)
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    // What goes through a ring is no system call of its own.
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
