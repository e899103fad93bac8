/** The closing line tells the truth of a run: every way to fail is counted, and it is the last line there is. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const reporter = join(root, 'spec/setup/closing-line.ts')

describe('the closing line', () => {
  let project: string
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'windlass-closing-'))
    mkdirSync(join(project, 'spec'))
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
    const test = { include: ['spec/*.spec.ts'], reporters: ['default', reporter] }
    writeFileSync(join(project, 'vitest.config.mjs'), `export default ${JSON.stringify({ test })}`)
  })
  afterEach(() => rmSync(project, { recursive: true, force: true }))

  const run = (specs: Readonly<Record<string, string>>): { lines: string[]; exit: number | null } => {
    const imports = `import { beforeAll, describe, expect, it } from 'vitest'\n`
    for (const [name, body] of Object.entries(specs))
      writeFileSync(join(project, 'spec', `${name}.spec.ts`), imports + body)
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const result = spawnSync(process.execPath, [vitest, 'run'], { cwd: project, encoding: 'utf8' })
    return { lines: result.stdout.trimEnd().split('\n').slice(-2), exit: result.status }
  }

  it('counts what passed', () => {
    expect(run({ good: `it('a', () => {}); it('b', () => {})` })).toEqual({
      lines: ['', '2 passed, 0 failed'],
      exit: 0,
    })
  })

  it('counts a failure of any kind, and tells skipped tests apart', () => {
    const specs = {
      mixed: `it('good', () => {}); it('bad', () => expect(1).toBe(2)); it.skip('not run', () => {})`,
      missing: `import './nowhere.js'; it('never seen', () => {})`,
      hook: `describe('suite', () => { beforeAll(() => { throw new Error('hook') }); it('not reached', () => {}) })`,
      stray: `it('leaves a rejection', () => { void Promise.reject(new Error('stray')) })`,
    }
    const { lines, exit } = run(specs)
    expect(lines).toEqual(['2 skipped', '2 passed, 4 failed'])
    expect(exit).toBe(1)
  })

  it('counts a run without a single test as a failure', () => {
    expect(run({})).toEqual({ lines: ['', '0 passed, 1 failed'], exit: 1 })
  })
})
