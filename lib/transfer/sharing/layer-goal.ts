/** Defines `LayerGoal`, which says what a pull stores of each layer. */
import type { WhiteoutForm } from '../../archive/index.js'
import type { Digest } from '../../image/index.js'
import type { StoredLayer } from '../../store/index.js'

/**
 * What a pull stores of each layer: the blob, the unpacked tree in one of the two whiteout forms, or both.
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
 * Returns whether a stored layer is incomplete if its blob is missing: an earlier pull kept the blob, and this one
 * keeps blobs too.
 */
export const needsBlob = ({ keptBlobs }: StoredLayer, blob: Digest, { keepBlobs }: LayerGoal): boolean =>
  keepBlobs && keptBlobs.includes(blob)

/** Returns a string that identifies the goal. Pulls with the same goal can share the download of a layer. */
export const goalKey = ({ unpack, form, keepBlobs, refresh = false }: LayerGoal): string =>
  `${unpack ? form : ''}${keepBlobs ? '+blob' : ''}${refresh ? '+refresh' : ''}`
