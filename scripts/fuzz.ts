/**
 * Fuzzes the code that reads untrusted bytes:
 *
 *     npx tsx scripts/fuzz.ts --runs 1000000 --seed 7            all targets, 1,000,000 inputs in total
 *     npx tsx scripts/fuzz.ts --target tar --runs 50000
 *     npx tsx scripts/fuzz.ts --target tar --seed 7 --only 1234  reproduces one input
 *
 * Prints a table. Exits with 1 if anything was found, and writes the inputs concerned to the working directory.
 */
import { writeFileSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { applyTarget } from '../testbench/fuzz/apply-target.js'
import { fuzz } from '../testbench/fuzz/run.js'
import { type Target, targets } from '../testbench/fuzz/targets.js'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
    only: { type: 'string' },
  },
})
const seed = Number(values.seed)
const apply = applyTarget()
const all: Record<string, Target> = { ...targets, apply }
const wanted = Object.entries(all).filter(([name]) => values.target === undefined || name === values.target)
if (wanted.length === 0) throw new Error(`The targets are ${Object.keys(all).join(', ')}`)

/** Targets with streams and file systems are slower than parsers and get fewer inputs. */
const weight = (name: string): number => ({ gzip: 2, zstd: 2, apply: 2 })[name] ?? 10
const total = wanted.reduce((sum, [name]) => sum + weight(name), 0)

// A worker thread reports the input that hangs, because the main thread cannot.
const beat = new Int32Array(new SharedArrayBuffer(8))
const watchdog = new Worker(
  `const { workerData } = require('node:worker_threads'); const { writeSync } = require('node:fs'); let last = -1
   setInterval(() => { const now = workerData[0] * 1e9 + workerData[1]
     if (now === last) { writeSync(2, 'hangs at input ' + workerData[1] + ' of target ' + workerData[0] + '\\n'); process.kill(process.pid, 'SIGKILL') }
     last = now }, 60000)`,
  { eval: true, workerData: beat },
)
watchdog.unref()

const rows: string[] = []
let found = 0
let done = 0
const began = performance.now()
for (const [at, [name, target]] of wanted.entries()) {
  const runs = values.only === undefined ? Math.ceil((Number(values.runs) * weight(name)) / total) : 1
  const start = performance.now()
  const tally = await fuzz(name, target, {
    seed,
    runs,
    from: Number(values.only ?? 0),
    onInput: (number) => {
      beat[0] = at
      beat[1] = number
    },
  })
  const seconds = (performance.now() - start) / 1_000
  done += tally.runs
  found += tally.findings.length
  const cells = [
    name,
    tally.runs,
    tally.accepted,
    tally.findings.length,
    Math.round(tally.slowest),
    Math.round(tally.runs / seconds),
  ]
  rows.push(`| ${cells.join(' | ')} |`)
  writeSync(2, `${rows.at(-1) ?? ''}\n`)
  for (const { number, what, input } of tally.findings.slice(0, 5)) {
    const file = `fuzz-${name.replace(' ', '-')}-${seed}-${number}.bin`
    writeFileSync(file, input)
    writeSync(2, `${name} --seed ${seed} --only ${number}: ${what}\n  the input is in ${file}\n`)
  }
}
apply.close()
process.stdout.write(
  [
    `seed ${seed}: ${done} inputs in ${Math.round((performance.now() - began) / 1_000)} s, ${found} findings`,
    '',
    '| target | inputs | accepted | findings | slowest, ms | inputs per second |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n'),
)
process.exitCode = found === 0 ? 0 : 1
