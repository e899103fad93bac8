/** Runs a program and measures its wall-clock time, CPU time and memory. */
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporary } from './temporary.js'

export interface Cost {
  /** Seconds. */
  readonly wall: number
  /** User and system time in seconds, of the program and the children that it waited for. */
  readonly cpu: number
  /** Peak resident memory of a single process in bytes. */
  readonly memory: number
}

export interface MeasuredRun extends Cost {
  readonly stdout: string
  readonly stderr: string
}

/** Seconds after which the program and its children are killed. */
const maxSeconds = 900

/**
 * GNU time measures the memory, and bash the time, because it has milliseconds where GNU time has hundredths. The
 * measured time is that of the program only.
 */
const timed = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" 2>&3 3>&-; } 3>&2 2> "$0"'

/**
 * Runs and measures a program.
 * @throws Error when its exit code is not 0
 */
export async function runMeasured(
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<MeasuredRun> {
  const directory = await temporary(tmpdir(), 'windlass-measured-')
  try {
    const [times, memory] = [join(directory, 'times'), join(directory, 'memory')]
    const { code, ...output } = await waitForEnd(
      'time',
      ['-q', '-f', '%M', '-o', memory, 'bash', '-c', timed, times, ...command],
      { ...env, LC_ALL: 'C.UTF-8' },
    )
    if (code !== 0)
      throw new Error(`${command.join(' ')} ended with ${code ?? 'a signal'}: ${output.stderr.slice(-2000)}`)
    const [wall = NaN, user = NaN, system = NaN] = await numbersIn(times)
    const [kibibytes = NaN] = await numbersIn(memory)
    return { wall, cpu: user + system, memory: kibibytes * 1024, ...output }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const numbersIn = async (file: string): Promise<number[]> =>
  (await readFile(file, 'utf8')).trim().split(' ').map(Number)

/** Process groups of the running programs. Each program leads its own group. */
const groups = new Set<number>()
// Programs must be killed before their directories are removed.
process.prependListener('exit', () => groups.forEach(killGroup))

const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // The group has already ended.
  }
}

function waitForEnd(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid !== undefined) groups.add(pid)
  const timer = setTimeout(() => pid !== undefined && killGroup(pid), maxSeconds * 1000)
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      if (pid !== undefined) groups.delete(pid)
      resolve({ code, stdout, stderr })
    })
  })
}
