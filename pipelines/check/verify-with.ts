/** Connects the verification of a store with the parts of a puller. */
import type { ImageRequest } from '../../lib/stages/index.js'
import type { RepairedFile } from '../../lib/store/index.js'
import { type PullParts, pullStages } from '../pull-stages.js'
import { Repair } from './repair.js'
import { type VerifyOptions, type VerifyReport, verifyStore } from './verify.js'
import { LayerCheck } from './verify-layer.js'

/** Options of `verifyWith`. */
export interface VerifyWith {
  /** Returns the request that pulls the image of this name; undefined if nothing is to be repaired. */
  readonly requestFor: ((name: string) => ImageRequest) | undefined
  /** Files that were repaired before the store could be opened. */
  readonly repaired: readonly RepairedFile[]
  readonly signal: AbortSignal
  readonly onProgress?: VerifyOptions['onProgress'] | undefined
}

/** Verifies the store of a puller, and repairs it if `requestFor` is given. @throws as `verifyStore` */
export function verifyWith(
  parts: PullParts,
  { requestFor, repaired, signal, onProgress }: VerifyWith,
): Promise<VerifyReport> {
  const { store, pool } = parts
  const stages = pullStages(parts, { unpack: false, form: 'overlay', keepBlobs: true, refresh: true })
  const repair = requestFor && new Repair({ store, stages, requestFor, signal })
  return verifyStore({ store, layers: new LayerCheck(store, pool), repair, repaired, onProgress }, signal)
}
