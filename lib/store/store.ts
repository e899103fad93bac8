/**
 * The store: an OCI image layout that any other tool can read, with unpacked layers, interrupted downloads and a
 * staging area beside it. Whatever appears in it appears by one rename, verified and synced.
 */
import { join } from 'node:path'
import type { Digest } from '../image/index.js'
import { BlobStore } from './blobs/blobs.js'
import { Garbage } from './garbage/garbage.js'
import { defaultKeepPartials } from './partial/keep-partials.js'
import { LayerStore } from './layers/layers.js'
import { MetadataLock } from './locks/metadata-lock.js'
import { NameStore } from './names/names.js'
import { openLayout } from './layout/layout.js'
import { PartialStore } from './partial/partials.js'
import { ensureReserve } from './staging/reserve.js'
import { Run } from './staging/run.js'
import { sweepRuns } from './staging/sweep-runs.js'
import { sweepBeside, type UnfinishedTree } from './staging/unfinished-tree.js'
import { isNotWritable, storeError, storing, unlessMissing } from './files/store-error.js'
import type { StoreOwner } from './layout/ownership.js'
import { type LayoutFault, layoutFault, repairLayout } from './check/verify-layout.js'

export interface StoreOptions {
  /** Make the store where there is none (the default). */
  readonly create?: boolean
  /** Bytes to keep of interrupted downloads, the youngest first (1 GiB). */
  readonly keepPartials?: number | undefined
  /** The user who has become root for this, if that is known: in a store of that user, new files are that user's. */
  readonly onBehalfOf?: number | undefined
  /** Hears, in a sentence with what to do, that others can change the store. */
  readonly onUnsafe?: (message: string) => void
  /** Hears of what is odd and was put up with. */
  readonly onWarning?: (message: string, code: string) => void
  /** Ends every wait for a lock. What is under way otherwise is not stopped by it. */
  readonly signal?: AbortSignal
}

/** Its code is `store`, unless said otherwise. */
type Warn = (message: string, code?: string) => void

export class Store {
  readonly blobs: BlobStore
  readonly partials: PartialStore
  readonly layers: LayerStore
  readonly names: NameStore
  readonly garbage: Garbage
  readonly #run: Run
  #closed: Promise<void> | undefined

  private constructor(
    /** Where the store is, all links resolved. */
    readonly directory: string,
    /** Whom root uses the store for: the trees that it unpacks are that user's. */
    readonly owner: StoreOwner | undefined,
    metadata: MetadataLock,
    private readonly warn: Warn,
    keep: number,
  ) {
    this.#run = new Run(join(directory, 'staging'), metadata)
    this.blobs = new BlobStore(join(directory, 'blobs'), this.#run)
    this.partials = new PartialStore(directory, {
      ...{ keep, warn },
      freshPath: () => this.#run.freshPath('download'),
    })
    this.layers = new LayerStore(join(directory, 'layers'), this.#run, metadata)
    this.names = new NameStore(join(directory, 'index.json'), this.#run, metadata, this.blobs, warn)
    this.garbage = new Garbage(directory, this.#run, metadata, this.blobs, keep)
  }

  /**
   * Opens the store in `directory`, making it if need be, and removes what dead runs left in its staging area.
   * A store that cannot be written to can be read.
   * @throws WindlassError STORE_CORRUPT where that is no store, or one of a newer version; STORE_DENIED,
   * STORE_READ_ONLY, STORE_FULL, STORE_IO
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    const { create = true, onBehalfOf, signal, keepPartials = defaultKeepPartials } = options
    const { onWarning, onUnsafe = () => undefined } = options
    const warn: Warn = (message, code = 'store') => onWarning?.(message, code)
    const layout = { create, onBehalfOf, warn, onUnsafe, signal }
    const { store: resolved, owner } = await openLayout(directory, layout)
    const lock = new MetadataLock(join(resolved, 'lock'), { warn, signal })
    const store = new Store(resolved, owner, lock, warn, keepPartials)
    await store.#sweep()
    await storing('keep room for a full disk', join(resolved, 'lock'), () => ensureReserve(resolved))
    return store
  }

  /** Removes what dead runs have left. What cannot be removed is warned of. */
  async #sweep(): Promise<void> {
    const staging = join(this.directory, 'staging')
    const failures = await sweepRuns(staging).catch((error: unknown) => [
      storeError(error, 'remove what earlier processes left', staging),
    ])
    for (const { message, hint } of failures) this.warn(hint === undefined ? message : `${message}. ${hint}`)
  }

  /**
   * A place for a tree that will stand at `target`, outside of the store, whose parent is there. What a process that was
   * killed has left there is removed first.
   * @throws what the file system says
   */
  async beginTree(target: string): Promise<UnfinishedTree> {
    await sweepBeside(target).catch((error: unknown) => {
      const { message } = storeError(error, 'remove what an earlier process left beside it', target)
      this.warn(message)
    })
    return this.#run.beginTree(target)
  }

  /** What is wrong with the file that says that this is a layout; undefined where nothing is. */
  layoutFault(): Promise<LayoutFault | undefined> {
    return layoutFault(this.directory)
  }

  /** Writes that file again. */
  repairLayout(fault: LayoutFault): Promise<void> {
    return repairLayout(fault, this.#run)
  }

  /** A directory for what is in flight, on the file system of the unpacked layers: of this run alone, removed when the store is closed. */
  stagingDirectory(): Promise<string> {
    return this.#run.area('layers')
  }

  /**
   * Says that this run needs these, in the store or on their way: no collection of garbage then removes them. Where
   * nothing can be written, nothing is said: what is here can be read all the same, and the first write says what is in
   * its way.
   */
  async hold(...digests: readonly Digest[]): Promise<void> {
    await this.holdUntil(undefined, ...digests)
  }

  /** The same; `signal` ends the wait for the lock of the store. */
  async holdUntil(signal: AbortSignal | undefined, ...digests: readonly Digest[]): Promise<void> {
    await this.#run.hold(digests, signal).catch((error: unknown) => {
      if (!isNotWritable(error)) throw error
    })
  }

  /** Needs nothing any more that it held. Only while nothing is under way that uses this store. */
  async release(): Promise<void> {
    await this.#run.release()
    await this.partials.keepBudget()
  }

  /**
   * Ends this run: lets go of its downloads and locks, and removes its staging directory. What cannot be removed is
   * warned of and left to whoever sweeps next: nothing that was committed fails of it. Twice is once.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const steps: (() => Promise<unknown>)[] = [
      () => this.layers.close(),
      () => this.partials.close(),
      () => this.#run.end(),
      () => this.partials.keepBudget(),
      // The store may have been removed meanwhile.
      () => unlessMissing(ensureReserve(this.directory)),
    ]
    for (const step of steps)
      await step().catch((error: unknown) => {
        this.warn(storeError(error, 'remove what this run left', this.directory).message)
      })
  }
}
