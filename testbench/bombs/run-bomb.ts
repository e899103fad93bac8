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

export interface Blown {
  readonly exit: number | null
  /** Peak memory of the process in bytes. */
  readonly bytes: number
  readonly seconds: number
  /** First line of the error, without digests. */
  readonly error: string
  /** One sentence per violation. */
  readonly wrong: readonly string[]
}

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Reported by the process when it exits, because no other process can read its peak. */
const census = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync, writeSync } from 'node:fs'
   process.on('exit', () => writeSync(3, String(peak())))
   function peak() {
     // The kernel's peak since the program was started. That of getrusage also includes the time before exec.
     try { return Number(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024 }
     catch { return process.resourceUsage().maxRSS * 1024 }
   }`,
)}`

/** Pulls a bomb. Requires dist/. */
export async function runBomb(bomb: Bomb): Promise<Blown> {
  const registry = await startRegistry()
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-bombs-'))
  try {
    await bomb.install(registry)
    const store = ['--store', join(parent, 'store')]
    const usual = ['--progress', 'none', '--retries', '1', '--platform', 'linux/amd64']
    const taken = await run(['pull', `${registry.host}/bomb:1`, ...store, ...usual, ...(bomb.options ?? [])])
    return { ...taken, wrong: [...violationsOf(bomb, taken), ...memoryViolation(taken)] }
  } finally {
    await registry.close()
    rmSync(parent, { recursive: true, force: true })
  }
}

type Taken = Omit<Blown, 'wrong'> & { readonly said: string }

function run(args: readonly string[]): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, ['--import', census, cli, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    const [says, peak]: [Buffer[], Buffer[]] = [[], []]
    child.stderr?.on('data', (data: Buffer) => says.push(data))
    child.stdio[3]?.on('data', (data: Buffer) => peak.push(data))
    child.on('error', reject)
    child.on('close', (exit) => {
      const output = Buffer.concat(says).toString()
      const error = /^windlass: (.*)$/m.exec(output)?.[1] ?? output.split('\n')[0] ?? ''
      resolve({
        ...{ exit, said: output },
        bytes: Number(Buffer.concat(peak).toString()),
        seconds: (performance.now() - start) / 1_000,
        error: error.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…'),
      })
    })
  })
}

function violationsOf({ limit, exit = 5 }: Bomb, taken: Taken): readonly string[] {
  if (limit === undefined) return taken.exit === 0 ? [] : [`it ended with ${taken.exit}: ${taken.said}`]
  return [
    ...(taken.exit === exit ? [] : [`it ended with ${taken.exit} in place of ${exit}: ${taken.said}`]),
    ...(taken.said.includes(limit) ? [] : [`${limit} is not named: ${taken.said}`]),
  ]
}

const memoryViolation = ({ bytes }: Taken): readonly string[] =>
  bytes > 0 && bytes <= maxBytes ? [] : [`it took ${Math.round(bytes / 2 ** 20)} MiB`]
