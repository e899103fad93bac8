/** Holds the table of docs/robustness.md against the tests that it names. */
import { describe, expect, it } from 'vitest'
import { testTitles } from '../../scripts/test-titles.mjs'
import { isThere, textOf } from '../support/source-tree.js'

/** The kinds of faults that the table has to show. */
const kinds = Array.from({ length: 11 }, (_, at) => String(at + 1))

const rows = textOf('docs/robustness.md')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '')))

const named = rows.flatMap(([, , tests = '']) =>
  tests.split('<br>').map((each) => {
    const [, file = '', title = ''] = /^`(spec\/\S+)` › (.*)$/.exec(each) ?? []
    return { file, title }
  }),
)

describe('the table of what 0.1.0 did', () => {
  it('has a row for each kind', () => {
    expect([...new Set(rows.map(([kind]) => kind))]).toEqual(kinds)
  })

  it('names tests that exist', () => {
    const titles = new Map<string, readonly string[]>()
    const missing = named.filter(({ file, title }) => {
      if (!isThere(file)) return true
      if (!titles.has(file)) titles.set(file, testTitles(textOf(file), file))
      return title === '' || !titles.get(file)!.some((each) => each.split(' > ').at(-1) === title)
    })
    expect(named.length).toBeGreaterThan(rows.length)
    expect(missing).toEqual([])
  })
})
