/**
 * Verifies the bytes of a layer when all have arrived. The layer is emitted at once, so that it is unpacked while it is
 * downloaded; it is committed after the verification. A blob that was already in the store is verified by the stage
 * that reads it.
 */
import { Observable, of } from 'rxjs'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import type { Arriving, ArrivingLayer } from '../../transfer/elements.js'
import { layerProgress } from '../../transfer/layer-progress.js'

/**
 * Returns the stage that verifies the size and digest of each downloaded layer. A blob that fails is discarded.
 * @throws SIZE_MISMATCH, DIGEST_MISMATCH; the failure of the download
 */
export function verify(): Stage<ArrivingLayer, ArrivingLayer> {
  return pullStage(
    (layer: ArrivingLayer, turn) => {
      const { arriving } = layer
      if (!arriving) return of(layer)
      return new Observable<ArrivingLayer>((out) => {
        out.next(layer)
        const checked = check(layer, arriving, turn).then(
          () => {
            out.complete()
          },
          (error: unknown) => {
            out.error(error)
          },
        )
        // The turn ends only when the check has ended, also if its result is no longer needed.
        turn.defer(() => checked)
      })
    },
    { name: 'verify' },
  )
}

async function check(layer: ArrivingLayer, { file, partial }: Arriving, turn: PullTurn): Promise<void> {
  await file.waitFor('arrived', turn.signal)
  turn.emit(layerProgress(layer, 'verifying'))
  try {
    file.verify()
  } catch (error) {
    file.fail(error) // first, so that an unpacking thread receives this error before the file is emptied
    await partial.discard() // the next pull must not resume from wrong bytes
    throw error
  }
  turn.emit(layerProgress(layer, 'downloaded'))
}
