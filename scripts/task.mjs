#!/usr/bin/env node
/**
 * Runs a long test, a benchmark or the generator of a document by its name. Without a name, it lists them:
 *
 *     npm run sweep -- kill --points 40
 *     npm run bench -- growth
 *     npm run table -- layers
 *
 * Arguments after the name are passed to the program. The comment at the start of each program lists its options.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const tasks = {
  sweep: {
    kill: ['scripts/kill-sweep.mjs', 'kills a pull at every call that changes the store'],
    'kill-random': ['scripts/kill-random.mjs', 'kills a large pull at random moments'],
    faults: ['scripts/fault-sweep.mjs', 'lets every call to the disk fail'],
    'power-loss': ['scripts/power-loss.ts', 'cuts the power after every change, in a model of a disk'],
    flips: ['scripts/bit-flips.ts', 'flips one bit of the store at a time'],
    neighbours: ['scripts/neighbours.mjs', 'runs many processes on one store'],
    bombs: ['scripts/bombs.ts', 'pulls images that try to exhaust memory or disk'],
    fuzz: ['scripts/fuzz.ts', 'gives random input to every parser of external data'],
    soak: ['scripts/soak.ts', 'runs thousands of pulls in one process'],
  },
  bench: {
    peers: ['benchmarks/run-comparison.ts', 'Windlass and other pullers'],
    concurrency: ['benchmarks/run-concurrency.ts', 'numbers of concurrent downloads and unpacks'],
    growth: ['benchmarks/run-growth.ts', 'how the cost of a pull grows with the image'],
    sinks: ['benchmarks/run-sinks.ts', 'one pass over a layer with several sinks'],
    micro: ['benchmarks/run-micro.ts', 'the cost of single parts'],
    control: ['benchmarks/run-control.ts', 'how exactly a maximum rate is kept'],
    'one-file': ['benchmarks/run-one-file.ts', 'the cost of reading one file of an image'],
    page: ['benchmarks/run-page.ts', 'what the page of a server costs a browser'],
    'at-once': ['benchmarks/run-at-once.ts', 'many pulls at once, by one process and by containerd'],
    warm: ['benchmarks/run-warm.ts', 'windlass serve, dockerd and containerd, all running'],
    watchers: ['benchmarks/run-watchers.ts', 'what watchers cost a server'],
    fairness: ['benchmarks/run-fairness.ts', 'how long a small image waits beside a large one'],
    redraw: ['benchmarks/run-redraw.ts', 'draws the plots of the kept results again'],
  },
  table: {
    behaviours: ['scripts/behaviours.mjs', 'docs/behaviours.md'],
    faults: ['scripts/faults-table.ts', 'docs/faults.md'],
    events: ['scripts/events-table.ts', 'docs/events.md'],
    layers: ['scripts/corpus-table.ts', 'docs/layers.md'],
    peers: ['scripts/peers-table.ts', 'docs/peers-tables.md'],
    compatibility: ['scripts/compatibility-table.ts', 'docs/compatibility-peers.md'],
    openapi: ['scripts/openapi.ts', 'docs/openapi.json'],
    api: ['scripts/api-pages.mjs', 'the API pages, in .cache/api'],
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
