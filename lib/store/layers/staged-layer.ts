/**
 * A tree that is being unpacked, in the staging area of its run, until it is committed or discarded.
 */
import { WindlassError } from '../../errors.js'
import type { SyncFile } from '../../system/files.js'
import type { LayerFacts, StoredLayer } from './layer-facts.js'
import { removeTree } from '../files/remove-tree.js'
import { storing } from '../files/store-error.js'

export class StagedLayer {
  #ended: Promise<void> | undefined

  /** @internal `LayerStore.stage` makes these. */
  constructor(
    private readonly directory: string,
    /** An empty directory at first: the root of the tree. */
    readonly path: string,
    private readonly root: SyncFile,
    private readonly store: {
      commit(facts: LayerFacts, root: SyncFile, signal?: AbortSignal): Promise<StoredLayer>
      ended(): void
    },
  ) {}

  /**
   * Syncs the tree to the disk and lets it be seen as the layer `facts.diffID`. Where that is there already, in this
   * form, that one is the answer and this tree is dropped. On failure the tree stays, to be discarded. `signal` ends the wait
   * for the lock of the store.
   */
  async commit(facts: LayerFacts, signal?: AbortSignal): Promise<StoredLayer> {
    if (this.#ended) throw new WindlassError('INTERNAL', 'A staged layer was committed after its end')
    const stored = await this.store.commit(facts, this.root, signal)
    await this.discard()
    return stored
  }

  /** Removes what is left of it; after a commit that is nothing. Twice is once. */
  discard(): Promise<void> {
    this.#ended ??= storing('discard a staged layer', this.directory, async () => {
      this.store.ended()
      await this.root.close()
      await removeTree(this.directory)
    })
    return this.#ended
  }
}
