/** The bundles as they are started: with nothing kept, with the code of an earlier run, and with what is no code. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commands } from '../../cli/commands/index.js'
import { commandNames } from '../../cli/commands/names.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

function scratch() {
  const top = mkdtempSync(join(tmpdir(), 'windlass-launcher-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
  const caches = join(top, 'caches')
  const run = (args: readonly string[], cache = caches) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: top, WINDLASS_CODE_CACHE: cache },
    })
    return { status, stdout, stderr }
  }
  /** What each run that writes changes. */
  const kept = (): Record<string, number> =>
    Object.fromEntries(readdirSync(caches).map((name) => [name, statSync(join(caches, name)).ino]))
  return { caches, run, kept }
}

const suffix = `-${process.version}-${process.arch}`

describe('the launcher', () => {
  it('keeps the code of a command and of its thread, and starts with it from then on', () => {
    const { caches, run, kept } = scratch()
    // Who asks for help compiles little: the runs after it add to that.
    expect(run(['demo', '--help'])).toMatchObject({ status: 0 })
    const help = statSync(join(caches, `demo${suffix}`)).size
    for (let each = 1; each < 4; each++) expect(run(['demo', '--quiet'])).toMatchObject({ status: 0 })
    expect(Object.keys(kept()).sort()).toEqual([`demo${suffix}`, `thread${suffix}`])
    expect(statSync(join(caches, `demo${suffix}`)).size).toBeGreaterThan(1.2 * help)
    const before = kept()[`demo${suffix}`]
    expect(run(['demo', '--quiet'])).toMatchObject({ status: 0 })
    expect(kept()[`demo${suffix}`]).toEqual(before)
  })

  it('does the same with code that is damaged, which it replaces', () => {
    const { caches, run, kept } = scratch()
    const plain = run(['--version'])
    const file = join(caches, `other${suffix}`)
    const whole = readFileSync(file)
    for (const damaged of [Buffer.alloc(0), whole.subarray(0, 1000), Buffer.alloc(whole.length, 7)]) {
      writeFileSync(file, damaged)
      expect(run(['--version'])).toEqual(plain)
      expect(readFileSync(file).length).toBeGreaterThan(100_000)
    }
    expect(Object.keys(kept())).toEqual([`other${suffix}`])
  })

  it('keeps nothing of a command that failed, nor where it must not', () => {
    const { caches, run } = scratch()
    expect(run(['pull', 'a//b'])).toMatchObject({ status: 2 })
    expect(run(['--version'], '0')).toMatchObject({ status: 0 })
    expect(() => readdirSync(caches)).toThrow('ENOENT')
  })

  it('knows the commands by their names', () => {
    expect(commands.map(({ name }) => name)).toEqual(commandNames)
  })
})
