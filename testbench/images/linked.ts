/** `linked`: layers on `base` with hard links whose target is in a lower layer, as space-saving tools write them. */
import { baseLayers } from './base.js'
import type { LayerRecipe } from './layer-recipe.js'

export const linkedLayers: readonly LayerRecipe[] = [
  ...baseLayers,
  {
    shows:
      'hardlinks to a file of a lower layer, one over a file that is there, one through a symlinked directory',
    script: `
      mkdir -p odd usr/local/bin bin; echo x > odd/one-block; ln odd/one-block usr/local/bin/linked
      ln odd/one-block odd/block-less; ln odd/one-block bin/linked`,
    names: ['odd/one-block', 'usr/local/bin/linked', 'odd/block-less', 'bin/linked'],
    without: ['odd/one-block'],
  },
  {
    shows: 'a hardlink to a symlink of a lower layer',
    script: `mkdir odd; ln -s x odd/loop; ln odd/loop odd/loop-hard`,
    names: ['odd/loop', 'odd/loop-hard'],
    without: ['odd/loop'],
  },
  { shows: 'the first name goes', script: `mkdir odd; : > odd/.wh.one-block`, names: ['odd/.wh.one-block'] },
]
