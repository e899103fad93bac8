/** Runs a server as a child process, which the kernel kills when this process ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ServerProcess {
  readonly pid: number
  /** Resolves with the first line, past or future, that matches `pattern`. Rejects if the server ends. */
  waitForLine(pattern: RegExp): Promise<RegExpExecArray>
  /** All lines of stdout and stderr so far. */
  readonly lines: readonly string[]
  /** Resolves when the process has ended for any reason. */
  readonly ended: Promise<void>
  /** Kills the server and waits for its end. */
  stop(): Promise<void>
}

export function startServer(command: string, args: readonly string[]): ServerProcess {
  // The kernel kills the server when this process ends for any reason.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const lines: string[] = []
  const listeners = new Set<() => void>()
  let ended = false
  const notify = (): void => [...listeners].forEach((listener) => listener())
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => {
      lines.push(line)
      notify()
    })
  child.on('close', () => {
    ended = true
    notify()
  })
  return {
    pid: child.pid ?? 0,
    lines,
    ended: closed.then(() => undefined),
    waitForLine: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null)
          if (found === undefined && !ended) return
          listeners.delete(check)
          if (found !== undefined) resolve(found)
          else
            reject(new Error(`${command} ended without a line like ${String(pattern)}:\n${lines.join('\n')}`))
        }
        listeners.add(check)
        check()
      }),
    async stop() {
      child.kill('SIGKILL')
      await closed
    },
  }
}
