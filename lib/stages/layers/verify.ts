/**
 * Holds a layer's bytes against its size and digest as soon as all are here. The layer travels on
 * at once, so that unpacking runs behind the download; nothing of it is committed before this stage is done with it.
 * A blob that was in the store is verified by whoever reads it.
 */
import { Observable, of } from 'rxjs'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import type { Arriving, ArrivingLayer } from '../../transfer/elements.js'
import { layerProgress } from '../../transfer/layer-progress.js'

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
    file.fail(error) // first: whoever unpacks behind it must not meet an emptied file before it hears of this
    await partial.discard() // the next pull must not go on from wrong bytes
    throw error
  }
  turn.emit(layerProgress(layer, 'downloaded'))
}
