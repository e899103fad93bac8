/** Holds the table of behaviours (docs/behaviours.md) against the tests that it speaks of. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as t from 'io-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testTitles } from '../../scripts/test-titles.mjs'

/** Rows that no test shows yet. This list may only get shorter. */
const notShownYet: readonly string[] = []

const root = fileURLToPath(new URL('../..', import.meta.url))
const script = path.join(root, 'scripts/behaviours.mjs')

const Test = t.type({ file: t.string, title: t.string })
const Report = t.type({
  rows: t.array(
    t.intersection([
      t.type({ id: t.string, ours: t.string, applies: t.boolean, tests: t.array(Test) }),
      t.partial({ decision: t.string }),
    ]),
  ),
  titles: t.array(Test),
  unknown: t.array(t.intersection([Test, t.type({ id: t.string })])),
})
type Report = t.TypeOf<typeof Report>

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })

async function report(): Promise<Report> {
  const { stdout, stderr } = await run('--json')
  const value: unknown = stdout === '' ? undefined : JSON.parse(stdout)
  if (!Report.is(value)) throw new Error(`no report: ${stderr}`)
  return value
}

describe('the table of behaviours', () => {
  let found: Report

  beforeAll(async () => {
    found = await report()
  })

  it('is current', async () => {
    expect(await run('--check')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('has every row of the four systems once, each with a verdict, and a reason where that is not “the same”', () => {
    const all = { C: 11, S0: 85, S1: 28, S2: 79, S3: 19, S4: 22 }
    const ids = Object.entries(all).flatMap(([system, rows]) =>
      Array.from({ length: rows }, (_, at) =>
        system === 'C' ? `C${at + 1}` : `${system}-${String(at + 1).padStart(2, '0')}`,
      ),
    )
    expect(found.rows.map(({ id }) => id)).toEqual(ids)
    for (const { id, ours, decision } of found.rows) {
      expect(['keep', 'option', 'change', '–', 'decided'], id).toContain(ours)
      if (ours !== 'keep') expect(decision, id).toMatch(/\w/)
    }
  })

  it('has every id that a title names, and no title hides ids in a range', () => {
    expect(found.unknown).toEqual([])
    const ranges = found.titles.filter(({ title }) =>
      /S\d-\d\d\s*(?:\.\.|…|–|—|-|to\b)\s*(?:S\d-)?\d\d/.test(title),
    )
    expect(ranges).toEqual([])
  })

  it('shows every row that applies, but for those that are known to be missing', () => {
    const missing = found.rows
      .filter(({ applies, tests }) => applies && tests.length === 0)
      .map(({ id }) => id)
    // What is listed and shown has to leave the list; what is neither needs a test.
    expect(missing).toEqual(notShownYet)
  })
})

describe('the reading of titles', () => {
  it.each<[string, string[]]>([
    [`describe('a', () => { it('b', f); test("c", f) })`, ['a > b', 'a > c']],
    ['it(`b ${x} c`, f)', ['b … c']],
    [`it('a ' + 'b', f)`, ['a b']],
    [`it.each([1, 2])('a %d', f)`, ['a %d']],
    [`it.skipIf(!root).each(rows)('a %s', f)`, ['a %s']],
    [`it.each([['a', 1], ['b', 2]])('%s', f)`, ['a', 'b']],
    [`const rows = { 'a (S0-01)': 1, b: 2 }\nit.each(Object.entries(rows))('%s', f)`, ['a (S0-01)', 'b']],
    [`describeReal('real', () => { it('a', f) })`, ['real > a']],
    [`describe.each(x)('a', () => { it.runIf(root)('b', f) })`, ['a > b']],
    [`for (const x of y) { it('a', f) }`, ['a']],
    [`it.skip('a', f); it.todo('b'); it.fails('c', f); describe.skip('d', () => { it('e', f) })`, []],
    [`const it = await scratch()\nit.apply(lower)\nfoo('it', 3) // it('b')\nconst text = "it('c')"`, []],
  ])('reads %j', (text, titles) => {
    // A call without a title is none that could name a row.
    expect(testTitles(text).filter((title) => title !== '')).toEqual(titles)
  })
})

describe('the writing of the table', () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'windlass-behaviours-'))
    await mkdir(path.join(directory, 'spec/deep'), { recursive: true })
    await mkdir(path.join(directory, 'docs'))
    const rows = ['S0-01', 'S0-02'].map((id) => ({ id, ours: 'keep', behaviour: `what | ${id} does` }))
    const systems = [{ id: 'S0', title: 'one', rows: [...rows, { id: 'S0-03', ours: '–', behaviour: 'x' }] }]
    await writeFile(path.join(directory, 'docs/behaviours.json'), JSON.stringify({ systems }))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const spec = (text: string) => writeFile(path.join(directory, 'spec/deep/a.spec.ts'), text)

  it('writes the table, knows when it is stale, and refuses ids that there are not', async () => {
    const check = () => run('--check', '--root', directory)
    await spec(`it('shows | one (S0-01)', f)`)
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining('outdated') })
    expect(await run('--root', directory)).toMatchObject({ code: 0 })
    expect(await check()).toMatchObject({ code: 0 })
    const table = await readFile(path.join(directory, 'docs/behaviours.md'), 'utf8')
    expect(table).toContain('**1 of 2 rows that apply are shown by a test**; 1 rows do not apply.')
    expect(table).toMatch(
      /S0-01 \| what \\\| S0-01 does \| The same \| \[deep\/a\.spec\.ts\].*: shows \\\| one \|$/m,
    )
    expect(table).toMatch(/S0-02 \|.*\| \*\*not shown yet\*\* \|$/m)
    await spec(`it('shows two (S0-01)', f)`)
    expect(await check()).toMatchObject({ code: 1 })
    await spec(`it('shows | one (S0-09)', f)`)
    expect(await check()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no row has the id S0-09'),
    })
  })
})
