/** What a pull wants of each layer: its blob, its unpacked tree in one of the two whiteout forms, or both. */
import type { WhiteoutForm } from '../../archive/index.js'

export interface LayerGoal {
  /** Whether a layer is in the store when its tree is (else: when its blob is). */
  readonly unpack: boolean
  readonly form: WhiteoutForm
  /** Whether the compressed blob stays once it is unpacked. */
  readonly keepBlobs: boolean
  /** Bring it whatever is here. */
  readonly refresh?: boolean
}

/** Two pulls with the same goal may share a layer's transfer. */
export const goalKey = ({ unpack, form, keepBlobs, refresh = false }: LayerGoal): string =>
  `${unpack ? form : ''}${keepBlobs ? '+blob' : ''}${refresh ? '+refresh' : ''}`
