/**
 * Plants bugs (mutants) in a copy of the project, one at a time, and runs the specs that must fail because of it. A bug
 * that no spec finds is a gap in the specs: the script exits with 1 if a mutant survives, or if its `from` text is not
 * found in the file. `scripts/mutants/MODULE.mjs` lists the mutants of a module, each as
 *
 *   { name, file, from, to, specs }
 *
 * In `file`, a path relative to the root, the text `from`, which must occur exactly once, is replaced by `to`. One of
 * `specs` (files or folders) must fail then. Programs that specs start from dist/ do not contain the bug.
 *
 * Run as `npm run mutate`. `-- --only registry,cli` selects modules, `-- 'NAME'` selects a mutant by its name.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { parseArgs } from 'node:util'
import { check, modules, mutantsOf, mutate, root } from './support/mutants.mjs'

const copied = [
  'lib',
  'pipelines',
  'puller',
  'cli',
  'server',
  'spec',
  'testbench',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]
const reporter = join(root, 'scripts/support/first-failure.mjs')
const atOnce = 2
const seconds = 180

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const only = values.only?.flatMap((each) => each.split(',')) ?? modules
for (const module of only)
  if (!modules.includes(module)) throw new Error(`There are no mutants of ${module}: ${modules.join(', ')}`)

/** Creates a copy of the files that the specs need. */
function workshop() {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-mutants-'))
  for (const path of copied) cpSync(join(root, path), join(directory, path), { recursive: true })
  // The unpacking worker always runs from dist/.
  for (const path of ['node_modules', 'dist']) symlinkSync(join(root, path), join(directory, path))
  return directory
}

/** Runs the specs in `directory` up to the first failure. Specs that hang count as failed. */
function specsPass(directory, specs, limit = seconds) {
  return new Promise((resolve, reject) => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const flags = ['--root', directory, '--bail', '1', '--maxWorkers', '1', '--testTimeout', '40000']
    const child = spawn(process.execPath, [vitest, 'run', ...flags, '--reporter', reporter, ...specs], {
      cwd: directory,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      detached: true, // a group of its own, so that its workers can be ended with it
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let killer
    const end = (why) => {
      killer ??= why
      process.kill(-child.pid, 'SIGKILL')
    }
    const timer = setTimeout(() => end(`no end within ${limit} s`), limit * 1000)
    child.stderr.on('data', (chunk) => (output += chunk))
    child.stdout.on('data', (chunk) => {
      output += chunk
      // The first failure decides: the rest of the output is not needed.
      const [, failed] = /^FAILED (.*)$/m.exec(output) ?? []
      if (failed !== undefined) end(failed)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (killer === undefined && signal !== null) {
        reject(new Error(`The specs were ended by a signal from outside (${signal})`))
        return
      }
      resolve({ passed: code === 0 && killer === undefined, killer: killer ?? 'an uncaught error', output })
    })
  })
}

/** Plants a mutant in a copy, runs its specs, and restores the file. */
async function tryOut(mutant, directory) {
  const file = join(directory, mutant.file)
  const healthy = readFileSync(file)
  writeFileSync(file, mutate(mutant))
  try {
    return await specsPass(directory, mutant.specs)
  } finally {
    writeFileSync(file, healthy)
  }
}

const all = await mutantsOf(only)
const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name))
if (chosen.length === 0) throw new Error(`There is no mutant named ${positionals.join(', ')}`)
for (const mutant of chosen) check(mutant) // before the long part, so that outdated mutants are reported at once

const workshops = Array.from({ length: Math.min(atOnce, chosen.length) }, workshop)
process.on('exit', () => {
  for (const directory of workshops) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const specs = [...new Set(chosen.flatMap((mutant) => mutant.specs))]
const healthy = await specsPass(workshops[0], specs, 20 * seconds)
if (!healthy.passed) {
  console.error(`The specs fail without any mutant:\n${healthy.output}`)
  process.exit(1)
}

const width = Math.max(...chosen.map(({ name }) => name.length))
const survivors = []
const queue = [...chosen]
async function work(directory) {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { passed, killer } = await tryOut(mutant, directory)
    if (passed) survivors.push(mutant)
    console.log(
      `${mutant.name.padEnd(width)}  ${passed ? 'SURVIVED' : 'killed  '}  ${passed ? mutant.file : killer}`,
    )
  }
}
await Promise.all(workshops.map(work))

console.log(`\n${chosen.length - survivors.length} of ${chosen.length} mutants killed`)
for (const { module, name, file } of survivors) console.log(`  survived: ${name} (${module}, ${file})`)
if (survivors.length > 0) process.exitCode = 1
