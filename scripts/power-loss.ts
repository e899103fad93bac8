/**
 * Models a power cut at every change that a command makes to its store, and checks the states that it may leave:
 *
 *     npx tsx scripts/power-loss.ts                    every command, and every kill at a sync
 *     npx tsx scripts/power-loss.ts --kills 3          at most 3 kills per scenario
 *     npx tsx scripts/power-loss.ts --only gc          one row; --minutes sets the time limit (30)
 *
 * The changes are traced with strace from the real command. The modelled disk keeps what was synced, and loses the worst
 * combination of the rest. Prints a table. Exits with 1 if anything visible may be incomplete, or a reported success may
 * be lost. Requires strace and dist/ (npm run build).
 */
import { parseArgs } from 'node:util'
import type { CheckedTrace } from '../testbench/power-loss/check.js'
import { runKilled, runScenario, syncsOf } from '../testbench/power-loss/run-scenario.js'
import { killedScenarios, scenarios } from '../testbench/power-loss/scenarios.js'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: 'Infinity' },
    only: { type: 'string' },
    minutes: { type: 'string', default: '30' },
  },
})
const deadline = performance.now() + Number(values.minutes) * 60_000
const maxKills = Number(values.kills)
const wanted = <T extends { readonly title: string }>(all: readonly T[]): readonly T[] =>
  all.filter(({ title }) => values.only === undefined || title === values.only)

const failures = new Map<string, number>()
function report(title: string, { violations }: CheckedTrace): number {
  for (const { rule, path, description, line } of violations) {
    const key = `${title}: ${rule}: ${path.replaceAll(/[0-9a-f]{58}(?=[0-9a-f]{6})/g, '…')}: ${description} (line ${line})`
    failures.set(key, (failures.get(key) ?? 0) + 1)
  }
  return violations.length
}

const row = (title: string, ...cells: readonly (string | number)[]): void =>
  console.log(title.padEnd(32) + cells.map((cell) => String(cell).padStart(11)).join(''))

console.log('Published files by the call that had synced their content; “empty” files have no content.')
row('command', 'moments', 'renames', 'syncfs', 'fsync', 'fdatasync', 'empty', 'violations')
for (const scenario of wanted(scenarios)) {
  const checked = await runScenario(scenario)
  const { powerCuts, publications, synced } = checked
  const { syncfs, fsync, fdatasync, none } = synced
  row(
    scenario.title,
    powerCuts,
    publications.length,
    syncfs,
    fsync,
    fdatasync,
    none,
    report(scenario.title, checked),
  )
}

console.log('')
row('killed at a sync, then', 'kills', 'moments', 'renames', 'violations')
for (const scenario of wanted(killedScenarios)) {
  const syncs = await syncsOf(scenario)
  const step = Math.max(1, syncs.length / maxKills)
  let [kills, points, publications, violations] = [0, 0, 0, 0]
  for (let at = 0; at < syncs.length; at += step) {
    if (performance.now() > deadline) {
      failures.set(`the time limit of ${values.minutes} minutes was reached at “${scenario.title}”`, 1)
      break
    }
    const kill = syncs[Math.floor(at)]!
    const { killed, next } = await runKilled(scenario, kill)
    if (killed.exit === undefined) kills++
    points += killed.powerCuts + next.powerCuts
    publications += killed.publications.length + next.publications.length
    const title = `${scenario.title}, killed at ${kill.call} ${kill.nth}`
    violations += report(title, killed) + report(title, next)
  }
  row(scenario.title, `${kills}/${syncs.length}`, points, publications, violations)
}

for (const [failure, times] of [...failures].slice(0, 40))
  console.log(`FAILED ${failure}${times > 1 ? ` ×${times}` : ''}`)
console.log(failures.size === 0 ? '\nNothing would be lost.' : `\n${failures.size} violations.`)
process.exitCode = failures.size === 0 ? 0 : 1
