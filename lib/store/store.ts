/**
 * The store: an OCI image layout that other tools can read, with unpacked layers, interrupted downloads and a staging
 * area. Content appears by a single rename, verified and synced.
 */
import { join } from 'node:path'
import type { WindlassError } from '../errors.js'
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
import { sweepNextTo, type UnfinishedTree } from './staging/unfinished-tree.js'
import { isNotWritable, storeError, withStoreErrors, ignoreMissing } from './files/store-error.js'
import type { StoreOwner } from './layout/ownership.js'
import { type LayoutFault, layoutFault, repairLayout } from './check/verify-layout.js'

/** Options of `Store.open`. */
export interface StoreOptions {
  /** Create the store if it does not exist (default true). */
  readonly create?: boolean
  /** Maximum number of bytes of interrupted downloads to keep, newest first (default 1 GiB). */
  readonly keepPartials?: number | undefined
  /**
   * The user who has become root for this command, if known. In a store of that user, new files belong to that user.
   */
  readonly onBehalfOf?: number | undefined
  /** Receives the message, with a hint, that other users can change the store. */
  readonly onUnsafe?: (message: string) => void
  /** Receives warnings: problems that do not make an operation fail. */
  readonly onWarning?: (message: string, code: string) => void
  /** Ends every wait for a lock. Other operations are not interrupted. */
  readonly signal?: AbortSignal
}

/** Receives a warning. The default code is `store`. */
type Warn = (message: string, code?: string) => void

/** An open store. */
export class Store {
  readonly blobs: BlobStore
  readonly partials: PartialStore
  readonly layers: LayerStore
  readonly names: NameStore
  readonly garbage: Garbage
  readonly #run: Run
  #closed: Promise<void> | undefined

  private constructor(
    /** Path of the store with links resolved. */
    readonly directory: string,
    /** The user for whom root uses the store, and who owns the unpacked trees. */
    readonly owner: StoreOwner | undefined,
    /** The error for every write, if the store belongs to another user. */
    private readonly refusal: WindlassError | undefined,
    metadata: MetadataLock,
    private readonly warn: Warn,
    keep: number,
  ) {
    this.#run = new Run(join(directory, 'staging'), metadata, refusal)
    this.blobs = new BlobStore(join(directory, 'blobs'), this.#run)
    this.partials = new PartialStore(directory, {
      ...{ keep, warn },
      freshPath: () => this.#run.freshPath('download'),
      refusal,
    })
    this.layers = new LayerStore(join(directory, 'layers'), this.#run, metadata)
    this.names = new NameStore(join(directory, 'index.json'), this.#run, metadata, this.blobs, warn)
    this.garbage = new Garbage(directory, this.#run, metadata, this.blobs, keep)
  }

  /**
   * Opens the store in `directory`, creating it if needed, and removes what dead runs have left. A store that is not
   * writable can be read. A store of another user can be read too, but every write to it fails.
   * @throws WindlassError STORE_CORRUPT when the directory is not a store or its version is newer; STORE_LOCKED,
   * STORE_DENIED, STORE_READ_ONLY, STORE_FULL, STORE_IO; CANCELLED
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    const { create = true, onBehalfOf, signal, keepPartials = defaultKeepPartials } = options
    const { onWarning, onUnsafe = () => undefined } = options
    const warn: Warn = (message, code = 'store') => onWarning?.(message, code)
    const layout = { create, onBehalfOf, warn, onUnsafe, signal }
    const { store: resolved, owner, refusal } = await openLayout(directory, layout)
    const lock = new MetadataLock(join(resolved, 'lock'), { warn, signal, refusal })
    const store = new Store(resolved, owner, refusal, lock, warn, keepPartials)
    if (refusal) return store
    await store.#sweep()
    await withStoreErrors('reserve disk space', join(resolved, 'lock'), () => ensureReserve(resolved))
    return store
  }

  /** Removes what dead runs have left. Failures are warnings. */
  async #sweep(): Promise<void> {
    const staging = join(this.directory, 'staging')
    const failures = await this.garbage
      .sweep()
      .catch((error: unknown) => [storeError(error, 'remove files of earlier processes', staging)])
    for (const { message, hint } of failures) this.warn(hint === undefined ? message : `${message}. ${hint}`)
  }

  /**
   * Returns a place to build a tree that will be moved to `target`, outside of the store. The parent of `target` must
   * exist. Removes what killed processes have left there.
   * @throws the errors of `node:fs`
   */
  async beginTree(target: string): Promise<UnfinishedTree> {
    await sweepNextTo(target).catch((error: unknown) => {
      const { message } = storeError(error, 'remove files of an earlier process next to it', target)
      this.warn(message)
    })
    return this.#run.beginTree(target)
  }

  /** Returns the fault of the file `oci-layout`; undefined if it is valid. @throws WindlassError STORE_* */
  layoutFault(): Promise<LayoutFault | undefined> {
    return layoutFault(this.directory)
  }

  /** Rewrites the file `oci-layout`. @throws WindlassError STORE_* */
  repairLayout(fault: LayoutFault): Promise<void> {
    return repairLayout(fault, this.#run)
  }

  /**
   * Returns a directory for temporary files on the file system of the unpacked layers. It belongs to this run and is
   * removed when the store is closed. @throws WindlassError STORE_*
   */
  stagingDirectory(): Promise<string> {
    return this.#run.areaFor('layers')
  }

  /**
   * Records that this run needs `digests`, stored or not, to keep them from garbage collection. Does nothing if the
   * store is not writable: its content can be read, and the first write reports the reason.
   * @throws WindlassError STORE_*
   */
  async hold(...digests: readonly Digest[]): Promise<void> {
    await this.holdUntil(undefined, ...digests)
  }

  /** Like `hold`; `signal` ends the wait for the lock of the store. @throws WindlassError STORE_*, CANCELLED */
  async holdUntil(signal: AbortSignal | undefined, ...digests: readonly Digest[]): Promise<void> {
    await this.#run.hold(digests, signal).catch((error: unknown) => {
      if (!isNotWritable(error)) throw error
    })
  }

  /** Releases all holds. Must not be called while an operation uses this store. @throws WindlassError STORE_* */
  async release(): Promise<void> {
    await this.#run.release()
    await this.partials.enforceBudget()
  }

  /**
   * Ends this run: releases its downloads and locks and removes its staging directory. Failures are warnings, and the
   * next sweep removes the rest: committed content is not affected. A second call has no effect.
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
      () => this.partials.enforceBudget(),
      // The store may have been removed meanwhile.
      ...(this.refusal ? [] : [() => ignoreMissing(ensureReserve(this.directory))]),
    ]
    for (const step of steps)
      await step().catch((error: unknown) => {
        this.warn(storeError(error, 'remove the temporary files of this process', this.directory).message)
      })
  }
}

/**
 * Opens the store in `directory`, and creates it if it does not exist. Close it after use.
 *
 * @throws STORE_* when the store cannot be made, opened or locked, or is not a store of Windlass
 * @example
 * const store = await openStore('images')
 * for (const { name, descriptor } of await store.names.list()) console.log(name, descriptor.digest)
 * await store.close()
 */
export const openStore = (directory: string, options: StoreOptions = {}): Promise<Store> =>
  Store.open(directory, options)
