import { describe, expect, it } from 'vitest'
import { applyTo, directory, file, refusal, scratch } from '../../../support/archive/scratch.js'

describe('the directories of a layer', () => {
  it('are limited in number, whether or not they have entries and whether new or of a lower layer', async () => {
    for (const entries of [
      [directory('a'), directory('a/b'), directory('c')],
      [file('a/b/x'), file('c/y')],
    ]) {
      const it = await scratch()
      const apply = (layerDirectories: number) =>
        applyTo({ root: it.root, whiteouts: 'apply', limits: { layerDirectories } }, entries)
      apply(3)
      apply(3)
      expect(refusal(() => apply(2))).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(
          'the layer has entries in 3 directories, more than the limit layerDirectories (2)',
        ) as string,
      })
    }
  })
})
