/** Pulls a bomb with the command line in a separate process, and reports the resources that it used. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRegistry } from '../../lib/testing/registry/index.js'
import type { Bomb } from './bombs.js'

/** Maximum memory of a process in bytes. */
export const maxBytes = 250 * 2 ** 20

/** Result of a pull of a bomb. */
export interface BombResult {
  readonly exit: number | null
  /** Peak memory of the process in bytes. */
  readonly bytes: number
  readonly seconds: number
  /** First line of the error, without digests. */
  readonly error: string
  /** One sentence per violation. */
  readonly violations: readonly string[]
}

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** A module that the process loads first. It writes the peak memory to descriptor 3 when the process exits. */
const reportPeakMemory = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync, writeSync } from 'node:fs'
   process.on('exit', () => writeSync(3, String(peak())))
   function peak() {
     // VmHWM is the peak since exec. The peak of getrusage also includes the process before exec.
     try { return Number(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024 }
     catch { return process.resourceUsage().maxRSS * 1024 }
   }`,
)}`

/** Pulls a bomb with the built command, so dist/ must exist. */
export async function runBomb(bomb: Bomb): Promise<BombResult> {
  const registry = await startRegistry()
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-bombs-'))
  try {
    await bomb.install(registry)
    const store = ['--store', join(parent, 'store')]
    const usual = ['--progress', 'none', '--retries', '1', '--platform', 'linux/amd64']
    const result = await run(['pull', `${registry.host}/bomb:1`, ...store, ...usual, ...(bomb.options ?? [])])
    return { ...result, violations: [...violationsOf(bomb, result), ...memoryViolation(result)] }
  } finally {
    await registry.close()
    rmSync(parent, { recursive: true, force: true })
  }
}

type PullResult = Omit<BombResult, 'violations'> & { readonly output: string }

function run(args: readonly string[]): Promise<PullResult> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, ['--import', reportPeakMemory, cli, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    const [stderr, peak]: [Buffer[], Buffer[]] = [[], []]
    child.stderr?.on('data', (data: Buffer) => stderr.push(data))
    child.stdio[3]?.on('data', (data: Buffer) => peak.push(data))
    child.on('error', reject)
    child.on('close', (exit) => {
      const output = Buffer.concat(stderr).toString()
      const error = /^windlass: (.*)$/m.exec(output)?.[1] ?? output.split('\n')[0] ?? ''
      resolve({
        exit,
        output,
        bytes: Number(Buffer.concat(peak).toString()),
        seconds: (performance.now() - start) / 1_000,
        error: error.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…'),
      })
    })
  })
}

function violationsOf({ limit, exit = 5 }: Bomb, taken: PullResult): readonly string[] {
  if (limit === undefined) return taken.exit === 0 ? [] : [`it ended with ${taken.exit}: ${taken.output}`]
  return [
    ...(taken.exit === exit ? [] : [`it ended with ${taken.exit} instead of ${exit}: ${taken.output}`]),
    ...(taken.output.includes(limit) ? [] : [`the error does not contain ${limit}: ${taken.output}`]),
  ]
}

const memoryViolation = ({ bytes }: PullResult): readonly string[] =>
  bytes > 0 && bytes <= maxBytes ? [] : [`it used ${Math.round(bytes / 2 ** 20)} MiB of memory`]
