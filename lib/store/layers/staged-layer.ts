/** A tree in the staging area, until it is committed or discarded. */
import { WindlassError } from '../../errors.js'
import type { SyncFile } from '../../system/files.js'
import type { LayerFacts, StoredLayer } from './layer-facts.js'
import { removeTree } from '../files/remove-tree.js'
import { withStoreErrors } from '../files/store-error.js'

/** A tree to unpack into, created by `LayerStore.stage`. */
export class StagedLayer {
  #ended: Promise<void> | undefined

  /** @internal created by `LayerStore.stage` */
  constructor(
    private readonly directory: string,
    /** The root of the tree, initially an empty directory. */
    readonly path: string,
    private readonly root: SyncFile,
    private readonly store: {
      commit(facts: LayerFacts, root: SyncFile, signal?: AbortSignal): Promise<StoredLayer>
      /** Called once, when the tree is discarded. */
      onEnd(): void
    },
  ) {}

  /**
   * Syncs the tree and commits it as the layer `facts.diffID`. If the layer exists in this form, returns the existing
   * one and drops this tree. On failure the tree remains, to be discarded. `signal` ends the wait for the lock of the
   * store.
   * @throws WindlassError STORE_*; INTERNAL when the tree is already committed or discarded
   */
  async commit(facts: LayerFacts, signal?: AbortSignal): Promise<StoredLayer> {
    if (this.#ended) throw new WindlassError('INTERNAL', 'A staged layer was committed after its end')
    const stored = await this.store.commit(facts, this.root, signal)
    await this.discard()
    return stored
  }

  /** Removes the rest of the tree; after a commit nothing is left. A second call has no effect. */
  discard(): Promise<void> {
    this.#ended ??= withStoreErrors('discard a staged layer', this.directory, async () => {
      this.store.onEnd()
      await this.root.close()
      await removeTree(this.directory)
    })
    return this.#ended
  }
}
