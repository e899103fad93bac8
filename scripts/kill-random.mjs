#!/usr/bin/env node
/**
 * Kills the pull of a large image with SIGKILL at random times, including its start-up, and checks the store.
 *
 *   node scripts/kill-random.mjs [--kills 500] [--seed 1] [--megabytes 20] [--minutes 30]
 *
 * The times are distributed over the duration of a complete pull. The store has an earlier image that shares a layer.
 * In every fifth trial, three pulls are killed in succession. Afterwards, the store must verify, the earlier image must
 * exist, staging must be empty after one command, and the next pull must succeed, fetch nothing that was committed, and
 * resume partial downloads. Requires dist/ (npm run build). Exits with 1 if anything failed or the time is over.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { putImage, startRegistry } from '../dist/lib/testing/index.js'
import { open } from '../dist/puller/index.js'
import { look, remains } from './support/after-a-kill.mjs'
import { largeImages } from './support/large-image.mjs'
import { seededRandom } from './support/seeded-random.mjs'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    megabytes: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '30' },
    verbose: { type: 'boolean' },
  },
})
const [kills, seed, megabytes, minutes] = ['kills', 'seed', 'megabytes', 'minutes'].map((name) =>
  Number(values[name]),
)
/** Rate of each body. It is low enough that downloads and unpacking run concurrently. */
const bytesPerSecond = 7e6

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const platform = 'linux/amd64'
const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-kills-'))
const began = performance.now()
const random = seededRandom(seed)
const images = largeImages({ seed, megabytes })
const registry = await startRegistry({ bytesPerSecond })
const names = { earlier: `${registry.host}/earlier:1`, wanted: `${registry.host}/wanted:1` }
const template = join(work, 'template')
const store = join(work, 'store')

/** Runs a pull, and kills it after `moment` milliseconds. */
function pull(moment = Infinity) {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' }
  const args = [main, 'pull', '-q', '--platform', platform, '--store', store, names.wanted]
  return new Promise((resolve) => {
    const start = performance.now()
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    const timer = moment === Infinity ? undefined : setTimeout(() => child.kill('SIGKILL'), moment)
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code, signal) => {
      globalThis.clearTimeout(timer)
      resolve({ code, killed: signal === 'SIGKILL', said: output, took: performance.now() - start })
    })
  })
}

// cp is used because Node's own copy function loses the times of directories.
function prepare() {
  rmSync(store, { recursive: true, force: true })
  spawnSync('cp', ['-a', template, store])
}

/** Rows of the table, in the order of the phases of a pull. */
const phases = ['nothing stored', 'partials', 'blobs', 'layers', 'the name']
/** Determines the phase of the pull from the last kind of object that is visible. */
function phaseOf(before, now) {
  if (readFileSync(join(store, 'index.json'), 'utf8').includes(names.wanted)) return 'the name'
  if (now.layers.length > before.layers.length) return 'layers'
  if (now.blobs.size > before.blobs.size) return 'blobs'
  return now.kept.size > 0 ? 'partials' : 'nothing stored'
}

/** Returns the bytes of partial downloads that were lost. They must survive a kill unless the blob is complete. */
function lostPartials(before, now) {
  const missing = [...before.kept].filter(
    ([digest, bytes]) => !now.committed.has(digest) && (now.kept.get(digest) ?? 0) < bytes,
  )
  const uncommitted = [...before.committed].filter((digest) => !now.committed.has(digest))
  return [
    ...missing.map(
      ([digest, bytes]) => `of ${bytes} bytes of ${digest}, ${now.kept.get(digest) ?? 0} are left`,
    ),
    ...uncommitted.map((digest) => `${digest} is gone`),
  ]
}

const failures = []
const table = new Map(phases.map((phase) => [phase, { kills: 0, damaged: 0, resumed: 0 }]))
const tally = { kills: 0, trials: 0, inARow: 0, early: 0, wasted: 0 }

async function trial(whole, inARow) {
  prepare()
  const start = remains(store, images.wanted)
  const rows = []
  const wrong = []
  let before = start
  for (let each = 0; each < inARow; each++) {
    const moment = random() * whole
    const { bytesSent } = registry
    const { killed, code, said: output } = await pull(moment)
    if (!killed) {
      tally.early++
      if (code !== 0) wrong.push(`a pull that was not killed ended with ${code}: ${output}`)
      break
    }
    tally.kills++
    const now = remains(store, images.wanted)
    wrong.push(...lostPartials(before, now))
    tally.wasted += Math.max(0, registry.bytesSent - bytesSent - (bytesHere(now) - bytesHere(before)))
    rows.push(table.get(phaseOf(start, now)))
    before = now
  }
  if (rows.length > 1) tally.inARow++
  const { wrong: more, resumed } = await look({ store, registry, names, images, platform })
  for (const row of rows) row.kills++
  const last = rows.at(-1)
  if (last) last.resumed += resumed
  if (wrong.length + more.length === 0) return []
  if (last) last.damaged++
  return [...wrong, ...more]
}

/** Returns the number of bytes of the wanted layers that need not be fetched again. */
function bytesHere({ committed, kept }) {
  return images.wanted.layers.reduce(
    (sum, { digest, size }) => sum + (committed.has(digest) ? size : (kept.get(digest) ?? 0)),
    0,
  )
}

try {
  await putImage(registry, 'earlier', '1', images.earlier)
  await putImage(registry, 'wanted', '1', images.wanted)
  const windlass = await open({ store: template })
  await windlass.pull(names.earlier, { platform }).done
  await windlass.close()
  const times = []
  for (let each = 0; each < 3; each++) {
    prepare()
    const { code, said: output, took } = await pull()
    if (code !== 0) throw new Error(`A complete pull failed: ${output}`)
    times.push(took)
  }
  const whole = times.sort((a, b) => a - b)[1]
  const missing = images.wanted.layers.reduce((sum, { size }) => sum + size, 0)
  const files = images.wanted.layers.reduce((sum, { tar }) => sum + tar.length, 0)
  console.log(
    `${images.wanted.layers.length} layers, ${mb(missing)} MB (${mb(files)} MB unpacked), a complete pull takes ` +
      `${(whole / 1000).toFixed(2)} s; seed ${seed}`,
  )
  while (tally.kills < kills) {
    if (performance.now() - began > minutes * 60_000) {
      failures.push(`the time limit of ${minutes} minutes was reached after ${tally.kills} kills`)
      break
    }
    const inARow = ++tally.trials % 5 === 0 ? 3 : 1
    const found = await trial(whole, Math.min(inARow, kills - tally.kills)).catch((error) => [error.stack])
    failures.push(...found.map((what) => `trial ${tally.trials}: ${what}`))
    if (values.verbose) process.stderr.write(`${tally.kills} kills: ${found.join('; ') || 'ok'}\n`)
  }
} finally {
  await registry.close()
  rmSync(work, { recursive: true, force: true })
}

function mb(bytes) {
  return (bytes / 1e6).toFixed(1)
}

const seconds = (performance.now() - began) / 1000
console.log(
  `${tally.kills} kills in ${tally.trials} stores, of which ${tally.inARow} had several in a row; ` +
    `${tally.early} pulls ended before the kill; ${seconds.toFixed(0)} s`,
)
console.log('phase            kills  damaged  MB resumed')
for (const [phase, { kills: hit, damaged, resumed }] of table)
  console.log(
    `${phase.padEnd(17)}${String(hit).padStart(5)}${String(damaged).padStart(9)}${mb(resumed).padStart(12)}`,
  )
console.log(`Received but not stored: ${mb(tally.wasted / Math.max(1, tally.kills))} MB per kill.`)
for (const each of failures.slice(0, 30)) console.log(`FAILED ${each}`)
console.log(failures.length === 0 ? '\nNothing was lost.' : `\n${failures.length} failures.`)
process.exitCode = failures.length === 0 ? 0 : 1
