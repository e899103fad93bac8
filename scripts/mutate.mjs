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
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check, modules, mutantsOf, mutate, root } from './support/mutants.mjs'
import { WarmSpecs } from './support/warm-specs.mjs'

const copied = [
  'lib',
  'pipelines',
  'puller',
  'cli',
  'server',
  'ui',
  'spec',
  'testbench',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]
const atOnce = 2
const seconds = 180

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const only = values.only?.flatMap((each) => each.split(',')) ?? modules
for (const module of only)
  if (!modules.includes(module)) throw new Error(`There are no mutants of ${module}: ${modules.join(', ')}`)

/** Creates a copy of the files that the specs need, with a process that runs them. */
function workshop() {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-mutants-'))
  for (const path of copied) cpSync(join(root, path), join(directory, path), { recursive: true })
  // The unpacking worker always runs from dist/.
  for (const path of ['node_modules', 'dist']) symlinkSync(join(root, path), join(directory, path))
  return { directory, warmSpecs: new WarmSpecs(directory) }
}

/** Plants a mutant in a copy, runs its specs, and restores the file. */
async function tryOut(mutant, { directory, warmSpecs }) {
  const file = join(directory, mutant.file)
  const healthy = readFileSync(file)
  writeFileSync(file, mutate(mutant))
  try {
    return await warmSpecs.run(mutant.specs, [mutant.file], seconds)
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
  for (const { directory, warmSpecs } of workshops) {
    warmSpecs.close()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const specs = [...new Set(chosen.flatMap((mutant) => mutant.specs))]
const healthy = await workshops[0].warmSpecs.run(specs, [], 20 * seconds)
if (!healthy.passed) {
  console.error(`The specs fail without any mutant:\n${healthy.output}`)
  process.exit(1)
}

const width = Math.max(...chosen.map(({ name }) => name.length))
const survivors = []
const queue = [...chosen]
async function work(workshop) {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { passed, killer } = await tryOut(mutant, workshop)
    if (passed) survivors.push(mutant)
    console.log(
      `${mutant.name.padEnd(width)}  ${passed ? 'SURVIVED' : 'killed  '}  ${passed ? mutant.file : killer}`,
    )
  }
}
await Promise.all(workshops.map(work))
for (const { warmSpecs } of workshops) warmSpecs.close()

console.log(`\n${chosen.length - survivors.length} of ${chosen.length} mutants killed`)
for (const { module, name, file } of survivors) console.log(`  survived: ${name} (${module}, ${file})`)
if (survivors.length > 0) process.exitCode = 1
