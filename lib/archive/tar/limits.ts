/** What of the limits on an image the reader of one archive watches over. */
import type { Limits } from '../../limits.js'

export type TarLimits = Pick<
  Limits,
  'layerBytes' | 'layerEntries' | 'pathBytes' | 'pathDepth' | 'headerBytes' | 'sparseFileBytes'
>
