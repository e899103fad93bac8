/** Where files stand: folders that can be read at a look, specs beside the names of what they specify. */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { testTitles } from '../../scripts/test-titles.mjs'
import { isThere, sourcesBelow, textOf } from '../support/source-tree.js'

/** Folders of specs that are about several files. Every other spec stands at its file's own path. */
const aboutSeveral: Record<string, string> = {
  'spec/benchmarks/whole': 'benchmarks from their command line to their tables',
  'spec/commands': 'the command line as a program that is started',
  'spec/compatibility': 'documents that other tools wrote, against what their pullers make of them',
  'spec/copies': 'whole copies between embedded registries and layouts',
  'spec/faults': 'registries that fail',
  'spec/fuzz': 'inputs drawn at random',
  'spec/house': 'the source itself',
  'spec/laws': 'what holds of every flow and every stage',
  'spec/layers': 'whole layers, unpacked',
  'spec/peers': 'rows out of the test suites of other projects',
  'spec/pulls': 'whole pulls from the embedded registry',
  'spec/real': 'whole pulls beside real programs',
  'spec/registries': 'requests to whole registries, proxies and token servers',
  'spec/stores': 'what a store is after something happened to it',
  'spec/types': 'types',
}

const sources = sourcesBelow('lib', 'pipelines', 'puller', 'doctor', 'cli', 'ui')
const all = [...sources, ...sourcesBelow('benchmarks', 'testbench', 'examples')]
const specs = sourcesBelow('spec').filter((file) => file.endsWith('.spec.ts'))

describe('rooms', () => {
  it('hold at most 22 files', () => {
    const counts = new Map<string, number>()
    for (const file of all) counts.set(path.dirname(file), (counts.get(path.dirname(file)) ?? 0) + 1)
    expect([...counts].filter(([, count]) => count > 22)).toEqual([])
  })

  it('of lib/stages hold stages only', () => {
    const stages = sources.filter((file) => /^lib\/stages\/.+\//.test(file))
    expect(stages.length).toBeGreaterThan(20)
    expect(stages.filter((file) => !textOf(file).includes('): Stage<'))).toEqual([])
  })

  it('hold short files', () => {
    const lines = sources.map((file) => textOf(file).split('\n').length).sort((a, b) => a - b)
    expect(lines.at(-1)).toBeLessThanOrEqual(400)
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(100)
  })
})

describe('a spec', () => {
  it('stands at the path of the file that it specifies, or in a folder that says what it is about', () => {
    const astray = specs.filter((spec) => {
      if (spec === 'spec/exports.spec.ts') return false // about the entry points together
      if (Object.keys(aboutSeveral).some((folder) => spec.startsWith(`${folder}/`))) return false
      return !isThere(spec.replace(/^spec\//, '').replace(/\.spec\.ts$/, '.ts'))
    })
    expect(astray).toEqual([])
  })

  it('has no folder in the list that does not exist', () => {
    const empty = Object.keys(aboutSeveral).filter(
      (each) => !specs.some((spec) => spec.startsWith(`${each}/`)),
    )
    expect(empty).toEqual([])
  })

  it('has its row codes at the end of its titles', () => {
    const code = String.raw`(?:S\d-\d{2}|C\d{1,2})`
    const leading = new RegExp(`(?:^|> )${code}`)
    const titles = specs.flatMap((file) => testTitles(textOf(file), file).map((title) => `${file}: ${title}`))
    expect(titles.length).toBeGreaterThan(1_500)
    expect(titles.filter((title) => leading.test(title.slice(title.indexOf(': ') + 2)))).toEqual([])
  })
})

describe('the source', () => {
  it('names no row codes and no sections of documents that are not here', () => {
    const cited = sources.flatMap((file) =>
      [...textOf(file).matchAll(/\bS\d-\d{2}\b|\b(?:design|threats|flow) §/g)].map(
        (match) => `${file}: ${match[0]}`,
      ),
    )
    expect(cited).toEqual([])
  })
})
