/**
 * Puts deliberate bugs into lib/flow, each in a copy of the project, and runs the specs of lib/flow there. Exits with 1
 * if the specs do not detect a bug, or if the text that a bug replaces does not exist. Run as `npm run mutate`.
 * Arguments select mutants by name.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { mutants } from './mutate-flow-mutants.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const copied = [
  'lib/flow',
  'lib/testing',
  'spec/lib/flow',
  'spec/laws',
  'spec/support',
  'spec/setup',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]
const atOnce = 2
const seconds = 90

/** Returns the text of `file` with the bug. Throws if the text to replace does not occur exactly once. */
function mutate({ name, file, from, to }) {
  const text = readFileSync(join(root, 'lib/flow', file), 'utf8')
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`${name}: expected once in ${file}, found ${found} times: ${from}`)
  return text.replace(from, () => to)
}

/** Makes a copy of the files that the specs need, with the bug if there is one. */
function workshop(mutant) {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-mutant-'))
  for (const path of copied) cpSync(join(root, path), join(directory, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  if (mutant !== undefined) writeFileSync(join(directory, 'lib/flow', mutant.file), mutate(mutant))
  return directory
}

/** Reports whether the specs pass in `directory`. Specs that hang do not pass. */
function specsPass(directory) {
  return new Promise((resolve) => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const flags = ['run', '--root', directory, '--bail', '1', '--testTimeout', '10000', '--maxWorkers', '1']
    const child = spawn(process.execPath, [vitest, ...flags, 'spec/lib/flow', 'spec/laws/flow'], {
      cwd: directory,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      detached: true, // its own process group, so that its workers can be killed with it
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    let late = false
    const timer = setTimeout(() => {
      late = true
      process.kill(-child.pid, 'SIGKILL')
    }, seconds * 1000)
    child.on('close', (code) => {
      clearTimeout(timer)
      const [, killer] = /(?:FAIL|×) +(.*)/.exec(output) ?? []
      resolve({
        passed: code === 0,
        killer: late ? `no end within ${seconds} s` : (killer ?? 'an uncaught error'),
        output,
      })
    })
  })
}

async function tryOut(mutant) {
  const directory = workshop(mutant)
  try {
    return await specsPass(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

const wanted = process.argv.slice(2)
const chosen = wanted.length === 0 ? mutants : mutants.filter(({ name }) => wanted.includes(name))
if (chosen.length === 0) throw new Error(`There is no mutant named ${wanted.join(', ')}`)
for (const mutant of chosen) mutate(mutant) // checks all mutants first, so that an outdated one is reported at once

const healthy = await tryOut(undefined)
if (!healthy.passed) {
  console.error(`The specs fail without any mutant:\n${healthy.output}`)
  process.exit(1)
}

const width = Math.max(...chosen.map(({ name }) => name.length))
const survivors = []
const queue = [...chosen]
async function worker() {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { passed, killer } = await tryOut(mutant)
    if (passed) survivors.push(mutant)
    console.log(
      `${mutant.name.padEnd(width)}  ${passed ? 'SURVIVED' : 'killed  '}  ${passed ? mutant.file : killer}`,
    )
  }
}
await Promise.all(Array.from({ length: atOnce }, worker))

console.log(`\n${chosen.length - survivors.length} of ${chosen.length} mutants killed`)
if (survivors.length > 0) process.exitCode = 1
