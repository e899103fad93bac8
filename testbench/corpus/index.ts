/** All cases of the layer corpus, by topic. */
import { compressions } from './compressions.js'
import { formats } from './formats.js'
import { hardlinks } from './hardlinks.js'
import type { LayerCase } from './layer-case.js'
import { links } from './links.js'
import { names } from './names.js'
import { paths } from './paths.js'
import { types } from './types.js'
import { whiteouts } from './whiteouts.js'

export const corpus: readonly LayerCase[] = [
  ...paths,
  ...links,
  ...hardlinks,
  ...whiteouts,
  ...types,
  ...names,
  ...formats,
  ...compressions,
]
