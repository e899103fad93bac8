/** Runs a program and tells what it took: by the clock, of the processors, of memory. As GNU time has it. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Cost {
  /** Seconds. */
  readonly wall: number
  /** Seconds of user and system time, of the program and all it waited for. */
  readonly cpu: number
  /** Most bytes ever resident in one process of it. */
  readonly memory: number
}

export interface MeasuredRun extends Cost {
  readonly stdout: string
  readonly stderr: string
}

/** @throws Error where the program does not end with 0 */
export async function measured(
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<MeasuredRun> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-measured-'))
  try {
    const file = join(directory, 'cost')
    const { code, ...output } = await ended('time', ['-q', '-f', '%e %U %S %M', '-o', file, ...command], env)
    if (code !== 0)
      throw new Error(`${command.join(' ')} ended with ${code ?? 'a signal'}: ${output.stderr.slice(-2000)}`)
    const [wall = NaN, user = NaN, system = NaN, kibibytes = NaN] = (await readFile(file, 'utf8'))
      .trim()
      .split(' ')
      .map(Number)
    return { wall, cpu: user + system, memory: kibibytes * 1024, ...output }
  } finally {
    await rm(directory, { recursive: true })
  }
}

function ended(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
