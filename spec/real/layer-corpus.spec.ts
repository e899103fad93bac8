/** The layer corpus against umoci: what each case says of it is what it does, agreement and difference alike. */
import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { corpus } from '../../testbench/corpus/index.js'
import { runUmoci, describeContradiction } from '../../testbench/corpus/umoci.js'
import { describeReal } from '../../testbench/harness/components.js'
import { workspace } from '../../testbench/harness/workspace.js'

describeReal('the layer corpus and umoci', () => {
  it('agree where the corpus says so, and differ where it says how', async () => {
    const { path } = await workspace()
    const waiting = corpus.filter(({ umoci }) => !umoci.startsWith('not asked'))
    const surprises: string[] = []
    const ask = async (directory: string): Promise<void> => {
      mkdirSync(directory)
      for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
        const found = describeContradiction(each, await runUmoci(each, directory))
        if (found !== undefined) surprises.push(`${each.name}: not “${each.umoci}”, but ${found}`)
      }
    }
    await Promise.all(['a', 'b', 'c'].map((name) => ask(path(name))))
    expect(surprises).toEqual([])
  }, 120_000)
})
