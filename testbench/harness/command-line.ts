/** Runs the built command line in a separate process, and reports its exit and its resources. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Distribution } from './distribution.js'
import { runTool } from './run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CommandResult {
  /** Exit code; -1 if a signal ended the process. */
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  /** Peak resident memory in bytes, as reported by the kernel. */
  readonly peakRss: number
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with the process when it has started, for example to send it a signal. */
  readonly onStart?: (child: ChildProcess) => void
}

let built: Promise<Buffer> | undefined

/** Returns the peak resident memory of a process in bytes (`VmHWM` in proc(5)); 0 if the process has ended. */
const peakRssOf = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Builds the command if necessary and runs `windlass <args>`. Resolves whatever the exit code. */
export async function runWindlass(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  await (built ??= runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root }))
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: root,
    // Nothing of the user's environment is inherited: credentials, a store, a proxy, or colour settings of a CI.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [stdout, stderr, peakRss] = ['', '', 0]
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  const watch = setInterval(() => (peakRss = Math.max(peakRss, peakRssOf(child.pid ?? 0))), 20)
  options.onStart?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(watch)
      resolve({ exit: code ?? -1, stdout, stderr, peakRss })
    })
  })
}

/** Returns the arguments with which a command reads from a registry, and the password for its standard input. */
export const accessOptions = ({ credentials }: Distribution): { args: string[]; input?: string } =>
  credentials === undefined
    ? { args: ['--plain-http'] }
    : {
        args: ['--plain-http', '--username', credentials.username, '--password-stdin'],
        input: `${credentials.password}\n`,
      }

/** Expects an exit code, and the output if `stdout` is given. A failure shows the stderr of the command. */
export function expectExit(result: CommandResult, exit: number, stdout?: string): void {
  expect(result.exit, `exit code; on stderr:\n${result.stderr}`).toBe(exit)
  if (stdout !== undefined) expect(result.stdout).toBe(stdout)
}
