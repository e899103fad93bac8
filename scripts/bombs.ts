/**
 * Pulls what is made to exhaust who pulls it, each in a process of its own, and prints what that took:
 *
 *     npx tsx scripts/bombs.ts            all of them, some minutes
 *     npx tsx scripts/bombs.ts zeros      those whose name has the word
 *
 * Needs dist/ (npm run build). Ends with 1 where one took more than 250 MiB, or ended otherwise than it must.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bombs } from '../spec/bombs/bombs.js'
import { startRegistry } from '../lib/testing/registry/index.js'

const mostBytes = 250 * 2 ** 20
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
/** Told by the process itself when it ends: nobody else sees its peak. */
const census = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs'
   process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS * 1024)))`,
)}`

interface Taken {
  readonly exit: number | null
  readonly bytes: number
  readonly seconds: number
  readonly said: string
}

function run(args: readonly string[]): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, ['--import', census, cli, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    const [said, peak]: [Buffer[], Buffer[]] = [[], []]
    child.stderr?.on('data', (data: Buffer) => said.push(data))
    child.stdio[3]?.on('data', (data: Buffer) => peak.push(data))
    child.on('error', reject)
    child.on('close', (exit) =>
      resolve({
        exit,
        bytes: Number(Buffer.concat(peak).toString()),
        seconds: (performance.now() - start) / 1_000,
        said: Buffer.concat(said).toString(),
      }),
    )
  })
}

const lines = [
  '| bomb | must | exit | peak RSS, MiB | seconds | a unit, µs | the error |',
  '|---|---|---|---|---|---|---|',
]
let failed = 0
for (const bomb of bombs.filter(({ name }) => name.includes(process.argv[2] ?? ''))) {
  const registry = await startRegistry()
  const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-bombs-'))
  try {
    await bomb.plant(registry)
    const options = [
      '--store',
      join(place, 'store'),
      '--progress',
      'none',
      '--retries',
      '1',
      '--platform',
      'linux/amd64',
    ]
    const taken = await run(['pull', `${registry.host}/bomb:1`, ...options, ...(bomb.options ?? [])])
    const named =
      bomb.limit === undefined
        ? taken.exit === 0
        : taken.exit === (bomb.exit ?? 5) && taken.said.includes(bomb.limit)
    if (!named || taken.bytes > mostBytes) failed++
    const error = /^windlass: (.*)$/m.exec(taken.said)?.[1] ?? taken.said.split('\n')[0] ?? ''
    const cells = [
      bomb.name,
      bomb.limit === undefined ? 'pass' : `name ${bomb.limit}`,
      `${taken.exit ?? 'killed'}${named ? '' : ' ✗'}`,
      Math.round(taken.bytes / 2 ** 20),
      taken.seconds.toFixed(1),
      ((taken.seconds / bomb.units) * 1e6).toFixed(1),
      error.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…').slice(0, 160),
    ]
    lines.push(`| ${cells.join(' | ')} |`)
    process.stderr.write(`${lines.at(-1) ?? ''}\n`)
  } finally {
    await registry.close()
    rmSync(place, { recursive: true, force: true })
  }
}
process.stdout.write(`${lines.join('\n')}\n`)
process.exitCode = failed === 0 ? 0 : 1
