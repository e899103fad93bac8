/** The tree that is built in memory equals the tree that the applier builds on disk. */
import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees, describeTree, LayerApplier, type WhiteoutForm } from '../../../../lib/archive/index.js'
import { LayerTree } from '../../../../lib/archive/tree/layer-tree.js'
import { toLayerForm, HostLimits } from '../../../../lib/archive/tree/host-limits.js'
import { readLayerBlob } from '../../../../lib/archive/worker/read-blob.js'
import { WindlassError } from '../../../../lib/errors.js'
import { corpus } from '../../../../testbench/corpus/index.js'
import { isRefused } from '../../../../testbench/corpus/layer-case.js'
import {
  device,
  directory,
  fifo,
  file,
  hardlink,
  type Made,
  symlink,
  whiteout,
} from '../../../support/archive/scratch.js'

let top: string
beforeAll(() => (top = mkdtempSync(join(tmpdir(), 'windlass-layer-tree-'))))
afterAll(() => rmSync(top, { recursive: true, force: true }))

const forms: readonly WhiteoutForm[] = ['overlay', 'aufs']
const context = { signal: new AbortController().signal, onProgress: () => undefined }

/** Differences between the tree in memory and the tree at `root`, except those that the machine cannot store. */
async function differences(tree: LayerTree, root: string, scratch: string): Promise<string[]> {
  const found = (await describeTree(root)).map(toLayerForm)
  const limits = new HostLimits({ tree: root, entries: found, scratch })
  const damage: string[] = []
  for (const difference of compareTrees(tree.describe(), found))
    if ((await limits.findCause(difference)) !== 'machine') damage.push(difference.text)
  return damage
}

const give = (entries: readonly Made[], to: LayerTree | LayerApplier): string | undefined => {
  try {
    for (const entry of entries) {
      to.entry(entry)
      if (entry.content && entry.type === 'file') to.data(entry.content, 0)
      to.end()
    }
    if (to instanceof LayerApplier) to.finish()
    return undefined
  } catch (error) {
    if (error instanceof WindlassError) return error.code
    throw error
  }
}

describe.each(forms)('the tree of a layer in the form %s', (form) => {
  it.each(
    corpus.filter(({ flat, own }) => !isRefused(own ?? flat)).map((each) => [each.name, each] as const),
  )('is in memory what it is on disk: %s', async (_name, each) => {
    const blob = each.layers.at(-1)!
    const root = mkdtempSync(join(top, 'root-'))
    const scratch = mkdtempSync(join(top, 'scratch-'))
    const tree = new LayerTree(form)
    const applier = new LayerApplier({ root, whiteouts: form })
    const onDisk = readLayerBlob(Readable.from([blob]), applier, undefined, context, () => applier.finish())
    const refused = await onDisk.then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refused === undefined) {
      await readLayerBlob(Readable.from([blob]), tree, undefined, context)
      expect(tree.entries).toBe(applier.entries)
      expect(await differences(tree, root, scratch)).toEqual([])
    }
    rmSync(root, { recursive: true })
    rmSync(scratch, { recursive: true })
  })

  it('equals the tree on the disk for random layers', async () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const step = fc.oneof(
      { weight: 8, arbitrary: name },
      { weight: 1, arbitrary: fc.constantFrom('..', '.', '') },
    )
    const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('/'))
    const target = fc.oneof(
      path,
      path.map((p) => `/${p}`),
      fc.constantFrom('..', '/'),
    )
    const entry: fc.Arbitrary<Made> = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(path, fc.nat(3)).map(([p, n]) => file(p, 'x'.repeat(n))) },
      { weight: 4, arbitrary: fc.tuple(path, fc.nat(0o7777)).map(([p, mode]) => directory(p, { mode })) },
      { weight: 3, arbitrary: fc.tuple(path, target).map(([p, t]) => symlink(p, t || '.')) },
      { weight: 2, arbitrary: fc.tuple(path, target).map(([p, t]) => hardlink(p, t)) },
      { weight: 1, arbitrary: path.map(fifo) },
      { weight: 1, arbitrary: path.map((p) => device(p, 1, 3)) },
      { weight: 3, arbitrary: fc.tuple(path, name).map(([p, n]) => whiteout(`${p}/.wh.${n}`)) },
      { weight: 1, arbitrary: path.map((p) => whiteout(`${p}/.wh..wh..opq`)) },
    )
    const scratch = mkdtempSync(join(top, 'scratch-'))
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 16 }), async (entries) => {
        const root = join(top, `${form}-${run++}`)
        mkdirSync(root)
        const tree = new LayerTree(form)
        const applier = new LayerApplier({ root, whiteouts: form })
        const refused = give(entries, applier)
        applier.close()
        expect(give(entries, tree)).toBe(refused)
        if (refused === undefined) expect(await differences(tree, root, scratch)).toEqual([])
        rmSync(root, { recursive: true })
      }),
      { numRuns: 400 },
    )
  })
})

describe('the tree of a layer in memory', () => {
  it('has at most the allowed number of directories', () => {
    const layer = [directory('a'), file('b/c/x')]
    expect(give(layer, new LayerTree('aufs', 3))).toBeUndefined()
    expect(give(layer, new LayerTree('aufs', 2))).toBe('LIMIT_EXCEEDED')
  })

  it('rejects a hard link to a name that a whiteout hides', () => {
    for (const form of ['overlay', 'aufs'] as const)
      expect(give([whiteout('.wh.a'), hardlink('b', 'a')], new LayerTree(form))).toBe('LAYER_INVALID')
  })
})
