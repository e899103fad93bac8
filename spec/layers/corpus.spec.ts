/** Every case of the corpus, as root and as an ordinary user, with nothing outside of the root ever changed. */
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { corpus } from '../../testbench/corpus/index.js'
import { isRefused, type LayerCase, type Outcome, threats } from '../../testbench/corpus/layer-case.js'
import { Playground, type Unpacked } from '../../testbench/corpus/playground.js'
import { treeOfOrdinaryUser } from '../../testbench/corpus/render-tree.js'
import { corpusTable } from '../../testbench/corpus/table.js'

const asRoot = process.geteuid?.() === 0
const nobody = 65534
const playground = new Playground()
afterAll(() => playground.close())

function check(seen: Unpacked, outcome: Outcome): void {
  if (isRefused(outcome)) {
    expect(seen.tree).toBeUndefined()
    expect(seen.error).toMatchObject({ code: outcome.refused, exitCode: 5 })
    expect(seen.error?.message).toMatch(outcome.message)
    return
  }
  expect(seen.error).toBeUndefined()
  expect(seen.tree).toEqual(outcome)
}

/** What a layer comes to alone; nothing is said of the upper ones of several that says nothing of it. */
const ownOf = ({ own, flat, layers }: LayerCase): Outcome | undefined =>
  own ?? (layers.length === 1 ? flat : undefined)

describe('the layer corpus', () => {
  it('has its 200 cases, each with a name of its own, and every threat has some', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(200)
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
    const seen = new Set(corpus.map(({ threat }) => threat))
    expect(Object.keys(threats).filter((threat) => ![...seen].some((each) => each === threat))).toEqual([])
  })

  it('leaves a case that has several layers in no doubt about the last', () => {
    expect(corpus.filter((each) => ownOf(each) === undefined).map(({ name }) => name)).toEqual([])
  })

  it('is documented as it is (npx tsx scripts/corpus-table.ts writes docs/layers.md)', () => {
    expect(readFileSync(new URL('../../docs/layers.md', import.meta.url), 'utf8')).toBe(corpusTable())
  })

  describe.runIf(asRoot).each(corpus.map((each) => [each.name, each] as const))('%s', (_name, each) => {
    it('flattened, and in a tree of its own', async () => {
      const flat = await playground.unpack(each.layers, 'apply')
      expect(await playground.changesOutside(flat.root)).toEqual([])
      check(flat, each.flat)
      expect(flat.warnings).toEqual(each.warns ?? flat.warnings.filter((code) => code === 'WHITEOUT_CONTENT'))
      playground.remove(flat.root)
      const own = await playground.unpack(each.layers.slice(-1), 'aufs')
      expect(await playground.changesOutside(own.root)).toEqual([])
      check(own, ownOf(each) ?? [])
      playground.remove(own.root)
    })

    it('as an ordinary user', async () => {
      const seen = await playground.unpackAs(nobody, each.layers)
      expect(await playground.changesOutside(seen.root)).toEqual([])
      check(seen, isRefused(each.flat) ? each.flat : treeOfOrdinaryUser(each.flat))
      playground.remove(seen.root)
    })
  })
})
