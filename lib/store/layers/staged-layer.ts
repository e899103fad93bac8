/** A tree in the staging directory, until it is committed or discarded. */
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
   * Syncs the tree and commits it as the layer `facts.diffID`. If the store already has the layer in this form,
   * returns that one and discards this tree. After a failure, the caller may try again or must discard the tree.
   * `signal` aborts the wait for the store's lock.
   * @throws WindlassError STORE_*; INTERNAL when the tree is already committed or discarded
   */
  async commit(facts: LayerFacts, signal?: AbortSignal): Promise<StoredLayer> {
    if (this.#ended)
      throw new WindlassError(
        'INTERNAL',
        'A staged layer was committed after it had been committed or discarded',
      )
    const stored = await this.store.commit(facts, this.root, signal)
    await this.discard()
    return stored
  }

  /** Removes the staging directory and the tree, unless the tree was committed. A second call has no effect. */
  discard(): Promise<void> {
    this.#ended ??= withStoreErrors('discard a staged layer', this.directory, async () => {
      this.store.onEnd()
      await this.root.close()
      await removeTree(this.directory)
    })
    return this.#ended
  }
}
