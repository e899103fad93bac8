#!/usr/bin/env node
/**
 * Makes every file system call on the store fail, one per run, and checks the message of the command and the state of
 * the store.
 *
 *   node scripts/fault-sweep.mjs [--commands pull,gc,…] [--errors ENOSPC,EIO,…] [--points N] [--seed S] [--only TEXT] [--all]
 *
 * Each call of a pull fails at least once (of other commands, some calls) with one of its possible errors in turn; with
 * `--all`, each call of all commands fails with each error. `--points` limits the number of trials, which `--seed`
 * selects; `--only` selects those whose line in the report contains the text. In addition, from a certain call on, all
 * calls that need space (or that change anything) fail until the program ends.
 *
 * Each time, the command must succeed with a correct result, or fail with one clear line that names the path and the
 * reason, and with a hint. The store must verify, earlier images must be intact, staging must be empty after one more
 * command, and the next attempt must succeed without fetching anything twice. Exits with 1 otherwise, or if `--minutes`
 * (25) pass before all trials are done. Requires strace and dist/ (npm run build).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { callsIn, failing, failingFrom, injectedIn, listing, runTraced } from './support/disk-faults.mjs'
import { allErrors, persistentErrors } from './support/disk-faults.mjs'
import { commandLine, scenariosOf } from './support/disk-scenarios.mjs'
import { wordsWrong } from './support/disk-words.mjs'
import { seededRandom } from './support/seeded-random.mjs'

const { values } = parseArgs({
  options: {
    commands: { type: 'string' },
    errors: { type: 'string', default: allErrors.join(',') },
    points: { type: 'string' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '25' },
    lanes: { type: 'string', default: '2' },
    all: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const errors = values.errors.split(',')
const deadline = performance.now() + Number(values.minutes) * 60_000
const seconds = 30

const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-faults-'))

/** Opens the environment of one run at a time: a registry, and the initial state for each command. */
async function openLane(name) {
  const directory = join(work, name)
  mkdirSync(directory)
  const scenarios = await scenariosOf(directory, values.commands?.split(','))
  return { directory, ...scenarios }
}

const pathsOf = (lane) => ({ root: join(lane.directory, 'root'), log: join(lane.directory, 'log') })

/** Lists the calls of the command that access its files. */
async function listCalls(lane, scenario) {
  const { root, log } = pathsOf(lane)
  await scenario.prepare(root)
  const complete = await runTraced(listing(log), commandLine(scenario, root), {
    cwd: lane.directory,
    seconds,
  })
  if (complete.code !== 0) throw new Error(`${scenario.title} failed under strace: ${complete.stderr}`)
  const points = callsIn(log, root)
  return scenario.until
    ? points.slice(
        0,
        points.findIndex(({ path }) => scenario.until.test(path)),
      )
    : points
}

/** Returns the trials of a command. */
function trialsOf(scenario, points) {
  const turns = new Map()
  const share = values.all ? {} : scenario.share
  const counts = { reads: 0, changes: 0 }
  const some = points.filter(({ errors: possible }) => {
    const kind = possible.includes('EROFS') || possible.includes('ENOSPC') ? 'changes' : 'reads'
    return counts[kind]++ % (share[kind] ?? 1) === 0
  })
  const once = some.flatMap((point) => {
    const possible = point.errors.filter((error) => errors.includes(error))
    if (values.all) return possible.map((error) => ({ scenario, point, error }))
    const turn = turns.get(point.call + point.mode) ?? seed
    turns.set(point.call + point.mode, turn + 1)
    return possible.length === 0 ? [] : [{ scenario, point, error: possible[turn % possible.length] }]
  })
  const stays = some
    .filter(({ errors: possible }) => possible.includes('EROFS') || possible.includes('ENOSPC'))
    .filter((_, at) => values.all || at % 6 === seed % 6)
    .map((point, at) => ({ point, error: persistentErrors[at % persistentErrors.length] }))
    .filter(({ error }) => errors.includes(error))
    .map((trial) => ({ scenario, ...trial, points }))
  return [...once, ...stays]
}

async function attempt(lane, { scenario: { title }, point, error, points }) {
  const scenario = lane.scenarios.get(title)
  const { root, log } = pathsOf(lane)
  await scenario.prepare(root)
  const faults = points ? failingFrom(point, error, points, root, log) : failing(point, error, root, log)
  const ended = await runTraced(faults, commandLine(scenario, root), { cwd: lane.directory, seconds })
  const injected = injectedIn(log)
  if (injected === 0) return { verdict: 'missed', wrong: [] }
  const wrong = wordsWrong(ended, { error, root })
  const state = { root, succeeded: ended.code === 0, point, error, stays: points !== undefined }
  wrong.push(...(await scenario.look(state).catch((caught) => [`${caught.code}: ${caught.message}`])))
  const verdict = wrong.length > 0 ? 'wrong' : ended.code === 0 ? 'tolerated' : 'refused'
  return { verdict, wrong, said: ended.stderr }
}

const rows = new Map()
const failures = []

async function workThrough(lane, queue) {
  for (let trial = queue.shift(); trial && performance.now() < deadline; trial = queue.shift()) {
    const { scenario, point, error, points } = trial
    let result = await attempt(lane, trial)
    if (result.verdict === 'missed') result = await attempt(lane, trial)
    const { verdict, wrong, said = '' } = result
    const call = callOf(point)
    const key =
      `${scenario.title.padEnd(9)} ${points ? 'all that follows' : call.padEnd(20)}`.padEnd(31) + error
    const row = rows.get(key) ?? { injected: 0, refused: 0, tolerated: 0, wrong: 0, missed: 0 }
    row[verdict]++
    if (verdict !== 'missed') row.injected++
    rows.set(key, row)
    const where = describeTrial(trial)
    if (values.verbose) console.error(`${verdict.padEnd(9)} ${where}\n${said.replace(/^/gm, '    ')}`)
    if (wrong.length > 0) failures.push(`${where}\n    ${wrong.join('\n    ')}`)
  }
}

/** Selects `count` trials, determined by the seed. */
function sample(trials, count) {
  const random = seededRandom(seed)
  const ranked = trials.map((trial) => ({ trial, rank: random() })).sort((a, b) => a.rank - b.rank)
  return ranked.slice(0, count).map(({ trial }) => trial)
}

/** Describes a trial in the report. */
const describeTrial = ({ scenario, point, error, points }) =>
  `${scenario.title}: ${callOf(point)} ${point.nth} ${short(point.path)} ${points ? 'and on ' : ''}${error}`

const callOf = ({ call, mode }) => `${call}${mode && ` (${mode})`}`

const short = (path) => path.replaceAll(/[0-9a-f]{17,}/g, (hex) => `${hex.slice(-6)}…`)

let remaining
const lanes = []
try {
  if (spawnSync('strace', ['-V']).error) throw new Error('strace is not installed')
  lanes.push(await openLane('0'))
  const trials = []
  for (const scenario of lanes[0].scenarios.values())
    trials.push(
      ...trialsOf(scenario, await listCalls(lanes[0], scenario)).filter((each) =>
        describeTrial(each).includes(values.only),
      ),
    )
  const queue = values.points === undefined ? [...trials] : sample(trials, Number(values.points))
  while (lanes.length < Number(values.lanes)) lanes.push(await openLane(String(lanes.length)))
  console.log(`${queue.length} of ${trials.length} faults, seed ${seed}`)
  await Promise.all(lanes.map((lane) => workThrough(lane, queue)))
  remaining = queue.length
} finally {
  for (const lane of lanes) await lane.registry.close()
  rmSync(work, { recursive: true, force: true })
}
const columns = ['injected', 'refused', 'tolerated', 'wrong', 'missed']
const total = Object.fromEntries(
  columns.map((name) => [name, [...rows.values()].reduce((sum, row) => sum + row[name], 0)]),
)
const line = (title, row) =>
  console.log(title.padEnd(40) + columns.map((name) => String(row[name]).padStart(10)).join(''))
console.log(
  `\n${'command   call                 error'.padEnd(40)}${columns.map((name) => name.padStart(10)).join('')}`,
)
for (const [key, row] of [...rows].sort()) line(key, row)
line('all', total)
for (const each of failures) console.log(`\nFAILED ${each}`)
if (remaining > 0) console.log(`\n${remaining} faults were not tried: the time limit was reached.`)
const good = failures.length === 0 && remaining === 0 && total.injected > 0
console.log(
  good ? '\nEvery fault was tolerated or reported.' : `\n${failures.length} faults were handled wrongly.`,
)
process.exitCode = good ? 0 : 1
