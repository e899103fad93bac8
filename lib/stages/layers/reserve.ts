/**
 * Gives a layer its place: the blob in the store if it is there, else a partial download that no other process
 * writes to meanwhile, with the bytes that an earlier one left.
 */
import { GrowingFile } from '../../bytes/index.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store } from '../../store/index.js'
import type { ArrivingLayer, SharedLayerTask } from '../../transfer/elements.js'

export interface ReserveOptions {
  readonly store: Store
  /** Fetch the blob again even if it is here. */
  readonly refresh?: boolean
}

export function reserve({ store, refresh = false }: ReserveOptions): Stage<SharedLayerTask, ArrivingLayer> {
  return pullStage(
    async (task: SharedLayerTask, turn): Promise<ArrivingLayer> => {
      const { digest, size } = task.descriptor
      const stored = { ...task, path: store.blobs.path(digest), arriving: undefined }
      if (!refresh && (await store.blobs.has(digest, size))) return stored
      const partial = await store.partials.acquire(digest, {
        ...{ signal: turn.signal, size },
        onHeld: ({ code, message }) => {
          turn.emit({ type: 'layer', digest, status: 'waiting', current: task.offset, total: size })
          turn.emit({ type: 'warning', code, message, digest })
        },
      })
      turn.scope.defer(() => partial.release(), `the lock of the download of ${digest}`)
      // Another process may have brought it while this one waited for its turn.
      if (!refresh && (await store.blobs.has(digest, size))) return stored
      const file = await GrowingFile.open(partial.path, { expected: { digest, size } })
      turn.scope.defer(() => file.close(), `the file of the download of ${digest}`)
      return { ...task, path: partial.path, arriving: { file, partial } }
    },
    { name: 'reserve' },
  )
}
