#!/usr/bin/env node
/**
 * Runs one of the long sweeps, benchmarks or writers of tables by its name; without a name, lists them:
 *
 *     npm run sweep -- kill --points 40
 *     npm run bench -- growth
 *     npm run table -- layers
 *
 * What stands behind the name goes to the program, and its exit code comes back. The head of each file has its options.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const tasks = {
  sweep: {
    kill: ['scripts/kill-sweep.mjs', 'a kill at every call that changes the store'],
    'kill-random': ['scripts/kill-random.mjs', 'kills at random moments of a large pull'],
    faults: ['scripts/fault-sweep.mjs', 'a disk that fails, at every call'],
    'power-loss': ['scripts/power-loss.ts', 'a power cut at every change, in a model of a disk'],
    flips: ['scripts/bit-flips.ts', 'one bit of the store flipped at a time'],
    neighbours: ['scripts/neighbours.mjs', 'many processes on one store'],
    bombs: ['scripts/bombs.ts', 'images made to exhaust whoever pulls them'],
    fuzz: ['scripts/fuzz.ts', 'random input to everything that reads bytes from outside'],
    soak: ['scripts/soak.ts', 'thousands of pulls in one process'],
  },
  bench: {
    peers: ['benchmarks/run-comparison.ts', 'Windlass and other pullers'],
    concurrency: ['benchmarks/run-concurrency.ts', 'how many downloads and unpacks at once'],
    growth: ['benchmarks/run-growth.ts', 'how the cost grows with an image'],
    sinks: ['benchmarks/run-sinks.ts', 'one pass over a layer with several sinks'],
    micro: ['benchmarks/run-micro.ts', 'what the parts cost'],
    control: ['benchmarks/run-control.ts', 'how exactly a maximum rate holds'],
    'one-file': ['benchmarks/run-one-file.ts', 'what one file of an image takes'],
    fairness: ['benchmarks/run-fairness.ts', 'what a small image waits for beside a large one'],
  },
  table: {
    behaviours: ['scripts/behaviours.mjs', 'docs/behaviours.md'],
    faults: ['scripts/faults-table.ts', 'docs/faults.md'],
    layers: ['scripts/corpus-table.ts', 'docs/layers.md'],
    peers: ['scripts/peers-table.ts', 'docs/peers-tables.md'],
    compatibility: ['scripts/compatibility-table.ts', 'docs/compatibility-peers.md'],
  },
}

const [group = '', name = '', ...args] = process.argv.slice(2)
const named = Object.hasOwn(tasks, group) ? tasks[group] : {}
if (Object.hasOwn(named, name)) start(named[name][0])
else {
  const lines = Object.entries(named).map(
    ([each, [file, what]]) => `  ${each.padEnd(14)}${file.padEnd(34)}${what}`,
  )
  console.log([`npm run ${group || Object.keys(tasks).join('|')} -- NAME`, ...lines].join('\n'))
  if (name !== '') process.exitCode = 2
}

function start(file) {
  const loader = file.endsWith('.ts') ? ['node_modules/tsx/dist/cli.mjs'] : []
  const child = spawn(process.execPath, [...loader, file, ...args], { cwd: root, stdio: 'inherit' })
  // A terminal sends an interrupt to both processes. This one waits for the other to clean up.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 1
  })
}
