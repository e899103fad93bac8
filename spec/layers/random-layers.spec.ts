import fc from 'fast-check'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LayerApplier, readLayerDirectory, describeTree } from '../../lib/archive/index.js'
import { WindlassError } from '../../lib/errors.js'
import { ModelTree } from '../support/archive/model.js'
import { entry, layers } from '../support/archive/random-layers.js'
import { type Made, scratch } from '../support/archive/scratch.js'

/** Applies and says at which entry it was refused. */
function applied(root: string, entries: readonly Made[]): number {
  const applier = new LayerApplier({ root, whiteouts: 'apply' })
  for (const [index, made] of entries.entries()) {
    try {
      applier.entry(made)
      if (made.content) applier.data(made.content, 0)
      applier.end()
    } catch (error) {
      if (error instanceof WindlassError && error.code === 'LAYER_INVALID') return index
      throw error
    }
  }
  applier.finish()
  return -1
}

it('random layers give what the model says, and touch nothing else', async () => {
  const { root, untouched } = await scratch()
  let run = 0
  await fc.assert(
    fc.asyncProperty(layers, async (all) => {
      const own = join(root, String(run++))
      mkdirSync(own)
      const model = new ModelTree()
      for (const layer of all) {
        const refused = applied(own, layer)
        expect(refused).toBe(model.apply(layer))
        expect(ModelTree.describe(await describeTree(own))).toEqual(model.list())
        if (refused >= 0) break
      }
      rmSync(own, { recursive: true })
    }),
    { numRuns: 300 },
  )
  await untouched()
  expect(await describeTree(root)).toHaveLength(1)
})

it('a layer unpacked by itself and read back is the same tree', async () => {
  const { root, untouched } = await scratch()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(entry(false), { maxLength: 14 }), async (layer) => {
      const [from, to] = [join(root, `${++run}a`), join(root, `${run}b`)]
      mkdirSync(from)
      mkdirSync(to)
      fc.pre(applied(from, layer) < 0)
      const applier = new LayerApplier({ root: to, whiteouts: 'apply' })
      for (const between of readLayerDirectory(from, applier)) expect(between).toBeUndefined()
      applier.finish()
      const [a, b] = await Promise.all([describeTree(from), describeTree(to)])
      expect(b).toEqual(a)
    }),
    { numRuns: 100 },
  )
  await untouched()
})
