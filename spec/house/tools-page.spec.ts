/** The page of tools: it is made from its data, and names tests that exist. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { testTitles } from '../../scripts/test-titles.mjs'
import { readNewest } from '../../testbench/tools/newest.js'
import { readVersions, toolsPage } from '../../testbench/tools/page.js'
import { toolPackages, toolRows } from '../../testbench/tools/rows.js'
import { textOf } from '../support/source-tree.js'

describe('docs/compatibility.md', () => {
  it('is what `npx tsx scripts/tools-table.ts` makes of its data', () => {
    expect(textOf('docs/compatibility.md')).toBe(toolsPage(readVersions(), readNewest()))
  })

  it('has a version and a row of each tool', () => {
    const tools = Object.keys(toolPackages)
    expect(Object.keys(readVersions())).toEqual(tools)
    expect(new Set(toolRows.map(({ tool }) => tool))).toEqual(new Set(tools))
  })

  it.each(toolRows)('names a test that exists: $tool, $test', ({ spec, test }) => {
    expect(testTitles(readFileSync(new URL(`../../${spec}`, import.meta.url), 'utf8'), spec)).toContain(test)
  })
})
