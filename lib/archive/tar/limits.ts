/** The limits that apply to a single archive. */
import type { Limits } from '../../limits.js'

/** The limits that a `TarReader` enforces. */
export type TarLimits = Pick<
  Limits,
  'layerBytes' | 'layerEntries' | 'pathBytes' | 'pathDepth' | 'headerBytes' | 'sparseFileBytes'
>
