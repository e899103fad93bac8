/**
 * Opens the file of a layer: the blob in the store, or else a partial download, which may have the bytes of an earlier
 * attempt and is locked against other processes.
 */
import { GrowingFile } from '../../bytes/index.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store } from '../../store/index.js'
import type { ArrivingLayer, SharedLayerTask } from '../../transfer/elements.js'

/** Settings of `reserve`. */
export interface ReserveOptions {
  readonly store: Store
  /** Whether to download blobs that are in the store. Default: false. */
  readonly refresh?: boolean
}

/**
 * Returns the stage that opens the file of each layer. Locks and files are released when the scope of the pull ends.
 * @throws CANCELLED while waiting for the lock; errors of the store
 */
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
      // Another process may have downloaded the blob while this one waited for the lock.
      if (!refresh && (await store.blobs.has(digest, size))) return stored
      const file = await GrowingFile.open(partial.path, { expected: { digest, size } })
      turn.scope.defer(() => file.close(), `the file of the download of ${digest}`)
      return { ...task, path: partial.path, arriving: { file, partial } }
    },
    { name: 'reserve' },
  )
}
