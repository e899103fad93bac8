/**
 * Plants one bug after the other in a copy of the project, and runs the specs that have to fail with it. A bug that no
 * spec notices is a hole in the specs: the script ends with 1 if one survives, or if the text that it replaces is no
 * longer there. `scripts/mutants/MODULE.mjs` lists them, each as
 *
 *   { name, file, from, to, specs }
 *
 * In `file`, a path from the root, the text `from`, which stands there once, becomes `to`; one of `specs`, files or
 * folders, must fail then. What they start of dist/ has no bug in it: the copy is not built anew.
 *
 * Run as `npm run mutate`. `-- --only registry,cli` runs those of some modules, `-- 'NAME'` those of that name.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const lists = join(root, 'scripts/mutants')
const copied = [
  'lib',
  'pipelines',
  'puller',
  'cli',
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
const modules = readdirSync(lists)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length))
const only = values.only?.flatMap((each) => each.split(',')) ?? modules
for (const module of only)
  if (!modules.includes(module)) throw new Error(`There are no mutants of ${module}: ${modules.join(', ')}`)

/** The text of the mutant's file with the bug in it. Throws where it cannot be planted. */
function mutate({ name, file, from, to, specs }) {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`${name}: expected once in ${file}, found ${found} times: ${from}`)
  const missing = specs.find((spec) => !existsSync(join(root, spec)))
  if (specs.length === 0 || missing !== undefined)
    throw new Error(`${name}: no spec ${missing ?? 'is named'}`)
  return text.replace(from, () => to)
}

/** Throws for a mutant that cannot be planted, or is no TypeScript at all: any spec would fail with it. */
function check(mutant) {
  const { diagnostics } = ts.transpileModule(mutate(mutant), { reportDiagnostics: true })
  if (diagnostics.length > 0) throw new Error(`${mutant.name}: ${diagnostics[0].messageText}`)
}

/** A copy of what the specs need. */
function workshop() {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-mutants-'))
  for (const path of copied) cpSync(join(root, path), join(directory, path), { recursive: true })
  // The worker that unpacks runs from dist/, also where the rest runs from the sources.
  for (const path of ['node_modules', 'dist']) symlinkSync(join(root, path), join(directory, path))
  return directory
}

/** Whether the specs pass in `directory`. One failure is enough; one that hangs does not pass. */
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
      // What it left behind is waited for when a file ends, and says nothing more.
      const [, failed] = /^FAILED (.*)$/m.exec(output) ?? []
      if (failed !== undefined) end(failed)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (killer === undefined && signal !== null) {
        reject(new Error(`Somebody else ended the specs (${signal})`))
        return
      }
      resolve({ passed: code === 0 && killer === undefined, killer: killer ?? 'an uncaught error', output })
    })
  })
}

/** Runs the specs of one mutant in a workshop, which is healthy again afterwards. */
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

const all = []
for (const module of only) {
  const { mutants } = await import(pathToFileURL(join(lists, `${module}.mjs`)).href)
  for (const mutant of mutants) all.push({ ...mutant, module })
}
const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name))
if (chosen.length === 0) throw new Error(`There is no mutant named ${positionals.join(', ')}`)
for (const mutant of chosen) check(mutant) // all of them, before the long part: an outdated one should show at once

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
