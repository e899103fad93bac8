/** `linked`: `base` and further layers with hard links to files of a lower layer, as deduplicating tools write them. */
import { baseLayers } from './base.js'
import type { LayerRecipe } from './layer-recipe.js'

export const linkedLayers: readonly LayerRecipe[] = [
  ...baseLayers,
  {
    feature:
      'hard links to a file of a lower layer: a new one, one that replaces a file, one through a symlinked directory',
    script: `
      mkdir -p odd usr/local/bin bin; echo x > odd/one-block; ln odd/one-block usr/local/bin/linked
      ln odd/one-block odd/block-less; ln odd/one-block bin/linked`,
    names: ['odd/one-block', 'usr/local/bin/linked', 'odd/block-less', 'bin/linked'],
    deletedNames: ['odd/one-block'],
  },
  {
    feature: 'a hard link to a symlink of a lower layer',
    script: `mkdir odd; ln -s x odd/loop; ln odd/loop odd/loop-hard`,
    names: ['odd/loop', 'odd/loop-hard'],
    deletedNames: ['odd/loop'],
  },
  {
    feature: 'a whiteout of the original name',
    script: `mkdir odd; : > odd/.wh.one-block`,
    names: ['odd/.wh.one-block'],
  },
]
