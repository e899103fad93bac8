/** Runs a program to its end. An error contains its command line and its stderr. */
import { spawn } from 'node:child_process'

export interface ToolOptions {
  readonly cwd?: string
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
}

/** Returns the stdout of the program. Rejects unless its exit code is 0. */
export function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (data: Buffer) => out.push(data))
    child.stderr.on('data', (data: Buffer) => err.push(data))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(Buffer.concat(out))
        return
      }
      const errorOutput = Buffer.concat(err).toString().trim()
      reject(
        new Error(
          `${[command, ...args].join(' ').slice(0, 400)} ended with ${code ?? signal ?? '?'}: ${errorOutput}`,
        ),
      )
    })
  })
}

/** Runs a bash script in `cwd`. Every command of it must succeed. */
export async function bash(cwd: string, script: string): Promise<string> {
  return (await runTool('bash', ['-euo', 'pipefail', '-c', script], { cwd })).toString()
}
