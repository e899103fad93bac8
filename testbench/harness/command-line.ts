/** Runs the built command line as a user does, in a process of its own, and tells how it ended and what it took. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Distribution } from './distribution.js'
import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CommandResult {
  /** 0 to 255; -1 if a signal ended it. */
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  /** The most memory it ever had resident, in bytes, as the kernel says. */
  readonly peakRss: number
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Sees the process right after its start, such as to send it a signal. */
  readonly started?: (child: ChildProcess) => void
}

let built: Promise<Buffer> | undefined

/** The line `VmHWM: 12345 kB` of a process; 0 once it has gone. */
const peakOf = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Runs `windlass <args>`, built of the present sources. Never rejects for an exit code: the caller looks at it. */
export async function windlass(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  await (built ??= runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root }))
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: root,
    // Nothing of the user's own may come in: credentials, a store, a proxy, a CI's wish for colours.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [stdout, stderr, peakRss] = ['', '', 0]
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  const watch = setInterval(() => (peakRss = Math.max(peakRss, peakOf(child.pid ?? 0))), 20)
  options.started?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(watch)
      resolve({ exit: code ?? -1, stdout, stderr, peakRss })
    })
  })
}

/** Options with which a command reads from `registry`, and the password it gets on its standard input. */
export const accessTo = ({ credentials }: Distribution): { args: string[]; input?: string } =>
  credentials === undefined
    ? { args: ['--plain-http'] }
    : {
        args: ['--plain-http', '--username', credentials.username, '--password-stdin'],
        input: `${credentials.password}\n`,
      }

/** The command ended as it should; if not, what it said is shown. */
export function expectExit(result: CommandResult, exit: number, stdout?: string): void {
  expect(result.exit, `exit code; on stderr:\n${result.stderr}`).toBe(exit)
  if (stdout !== undefined) expect(result.stdout).toBe(stdout)
}
