/** A verification of the store with what a puller has. */
import type { ImageRequest } from '../../lib/stages/index.js'
import type { RepairedFile } from '../../lib/store/index.js'
import { type PullParts, pullStages } from '../pull-stages.js'
import { Repair } from './repair.js'
import { type VerifyReport, verifyStore } from './verify.js'
import { LayerCheck } from './verify-layer.js'

export interface VerifyWith {
  /** Where an image of that name comes from; undefined where nothing is to be repaired. */
  readonly locate: ((name: string) => ImageRequest) | undefined
  /** What had to be mended before the store could be opened. */
  readonly repaired: readonly RepairedFile[]
  readonly signal: AbortSignal
}

export function verifyWith(
  parts: PullParts,
  { locate, repaired, signal }: VerifyWith,
): Promise<VerifyReport> {
  const { store, pool } = parts
  const stages = pullStages(parts, { unpack: false, form: 'overlay', keepBlobs: true, refresh: true })
  const repair = locate && new Repair({ store, stages, locate, signal })
  return verifyStore({ store, layers: new LayerCheck(store, pool), repair, repaired }, signal)
}
