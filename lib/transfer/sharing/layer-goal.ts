/** Describes what a pull needs of each layer. */
import type { WhiteoutForm } from '../../archive/index.js'
import type { Digest } from '../../image/index.js'
import type { StoredLayer } from '../../store/index.js'

/**
 * The result that a pull needs for each layer: its blob, its unpacked tree in one of the two whiteout forms, or both.
 */
export interface LayerGoal {
  /** If true, a layer is complete when its tree is in the store; otherwise when its blob is. */
  readonly unpack: boolean
  /** How the unpacked tree represents whiteouts. */
  readonly form: WhiteoutForm
  /** Whether the compressed blob is kept after unpacking. */
  readonly keepBlobs: boolean
  /** Download the layer even if it is in the store. */
  readonly refresh?: boolean
}

/**
 * Reports whether a layer of the store is incomplete without its blob: the blob was kept, so it is wanted and was lost.
 */
export const needsBlob = ({ keptBlobs }: StoredLayer, blob: Digest, { keepBlobs }: LayerGoal): boolean =>
  keepBlobs && keptBlobs.includes(blob)

/** Returns a key of the goal. Pulls with the same key can share the download of a layer. */
export const goalKey = ({ unpack, form, keepBlobs, refresh = false }: LayerGoal): string =>
  `${unpack ? form : ''}${keepBlobs ? '+blob' : ''}${refresh ? '+refresh' : ''}`
