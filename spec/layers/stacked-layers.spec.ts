/** What a layer only implies is recorded, so that trees of single layers put on top of each other give the flattened one. */
import fc from 'fast-check'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  LayerApplier,
  readLayerDirectory,
  type WhiteoutForm,
  compareTrees,
  describeTree,
} from '../../lib/archive/index.js'
import {
  applyTo,
  directory,
  file,
  type Made,
  scratch,
  symlink,
  whiteout,
} from '../support/archive/scratch.js'

const asRoot = process.geteuid?.() === 0
const forms: readonly WhiteoutForm[] = asRoot ? ['overlay', 'aufs'] : ['aufs']

async function alone(entries: readonly Made[], form: WhiteoutForm): Promise<readonly string[] | undefined> {
  const { root } = await scratch()
  return applyTo({ root, whiteouts: form }, entries).implied
}

describe.each(forms)('the directories that a layer only implies, whiteouts as %s', (form) => {
  it.each<[string, readonly Made[], readonly string[]]>([
    ['none but the root of an empty layer', [], ['.']],
    ['none of what is listed', [directory('.'), directory('a'), file('a/b')], []],
    ['none of what is listed later', [file('a/b'), directory('a'), directory('./')], []],
    ['every parent', [file('a/b/c'), file('a/d')], ['.', 'a', 'a/b']],
    ['names of any bytes', [file('\xff\x01/"\\/x')], ['.', '\xff\x01', '\xff\x01/"\\']],
    ['what a link of the layer leads to', [symlink('l', 'd'), file('l/x')], ['.', 'd']],
    ['the parents of whiteouts', [whiteout('a/.wh.b'), whiteout('c/.wh..wh..opq')], ['.', 'a', 'c']],
    ['nothing below an opaque directory', [whiteout('a/.wh..wh..opq'), file('a/b/c')], ['.', 'a']],
    ['nothing that a whiteout hides, before', [whiteout('.wh.a'), file('a/b/c')], ['.']],
    ['nothing that a whiteout hides, after', [file('a/b/c'), whiteout('.wh.a')], ['.']],
    ['nothing that was something else first', [file('a'), file('a/b/c')], ['.']],
    ['nothing that was replaced', [file('a/b'), file('a')], ['.']],
  ])('are %s', async (_what, entries, implied) => {
    expect(await alone(entries, form)).toEqual([...implied].sort())
  })
})

it('are not told of a tree that has lower layers in it', async () => {
  const { root } = await scratch()
  expect(applyTo({ root, whiteouts: 'apply' }, [file('a/b')]).implied).toBeUndefined()
})

it('are not recorded where there are megabytes of them, with a warning', async () => {
  const { root } = await scratch()
  const warnings: string[] = []
  const warn = (code: string): void => void warnings.push(code)
  const long = 'n'.repeat(250)
  const deep = Array.from({ length: 1_300 }, (_, at) => file(`${at}${`/${long}`.repeat(5)}/x`, ''))
  expect(applyTo({ root, whiteouts: 'aufs', warn }, deep).implied).toBeUndefined()
  expect(warnings).toEqual(['IMPLIED_UNRECORDED'])
})

const name = fc.constantFrom('a', 'b', 'c')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
const attributes = fc.record({
  mode: fc.constantFrom(0o700, 0o711, 0o1777),
  uid: fc.constantFrom(0, 1000),
  mtime: fc.constantFrom(1n, 1_000_000_007n),
})
const entry = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(path, fc.nat(3)).map(([p, n]) => file(p, 'x'.repeat(n))) },
  { weight: 3, arbitrary: fc.tuple(path, attributes).map(([p, more]) => directory(p, more)) },
  { weight: 1, arbitrary: attributes.map((more) => directory('.', more)) },
  { weight: 2, arbitrary: fc.tuple(path, name).map(([p, n]) => whiteout(`${p}/.wh.${n}`)) },
  { weight: 1, arbitrary: name.map((n) => whiteout(`.wh.${n}`)) },
  { weight: 1, arbitrary: path.map((p) => whiteout(`${p}/.wh..wh..opq`)) },
)
/**
 * Each name once; and no whiteout in what another one or a file of the layer hides, which does nothing but still makes a
 * directory in a tree of its own.
 */
const layer = fc.uniqueArray(entry, { maxLength: 12, selector: (made) => made.path }).map((entries) => {
  const hides = entries.flatMap(({ path: at, type }) => {
    const [, parent = '', gone] = /^(.*\/)?\.wh\.(.*)$/.exec(at) ?? []
    if (gone === undefined) return type === 'file' ? [{ at, below: `${at}/` }] : []
    return [{ at, below: gone === '.wh..opq' ? parent : `${parent}${gone}/` }]
  })
  const isHidden = (path: string): boolean =>
    hides.some(({ at, below }) => at !== path && path.startsWith(below))
  return entries.filter(({ path: at }) => !at.includes('.wh.') || !isHidden(at))
})

it.runIf(asRoot).each(forms)(
  'trees of single layers put together by their records are the flattened tree: %s',
  async (form) => {
    const { root } = await scratch()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), async (layers) => {
        const top = join(root, String(run++))
        const [flat, stacked] = [join(top, 'flat'), join(top, 'stacked')]
        for (const each of [top, flat, stacked]) mkdirSync(each)
        for (const [at, entries] of layers.entries()) {
          const own = join(top, `layer-${at}`)
          mkdirSync(own)
          const { implied } = applyTo({ root: own, whiteouts: form }, entries)
          applyTo({ root: flat, whiteouts: 'apply' }, entries)
          const applier = new LayerApplier({ root: stacked, whiteouts: 'apply' })
          for (const between of readLayerDirectory(own, applier, implied)) expect(between).toBeUndefined()
          applier.finish()
        }
        const differences = compareTrees(await describeTree(flat), await describeTree(stacked), {
          // Both were made just now, and no layer may list them.
          except: ({ path: at, attribute }) => at === '.' && attribute === 'mtime',
        })
        expect(differences.map(({ text }) => text)).toEqual([])
        rmSync(top, { recursive: true })
      }),
      { numRuns: 80 },
    )
  },
)
