/**
 * The store: an OCI image layout that other tools can read, with unpacked layers, interrupted downloads and a staging
 * directory. Content is verified and synced, and then renamed to its final path.
 */
import { join } from 'node:path'
import type { WindlassError } from '../errors.js'
import type { Digest } from '../image/index.js'
import { BlobStore } from './blobs/blobs.js'
import { Garbage } from './garbage/garbage.js'
import { defaultKeepPartials } from './partial/keep-partials.js'
import { LayerStore } from './layers/layers.js'
import { LeaseStore } from './leases/leases.js'
import { MetadataLock } from './locks/metadata-lock.js'
import { MountRecords } from './mounts/mount-records.js'
import { NameStore } from './names/names.js'
import { openLayout } from './layout/layout.js'
import { PartialStore } from './partial/partials.js'
import { ensureReserve } from './staging/reserve.js'
import { Run } from './staging/run.js'
import { sweepTreesNextTo, type UnfinishedTree } from './staging/unfinished-tree.js'
import { isNotWritableError, storeError, withStoreErrors, ignoreMissing } from './files/store-error.js'
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
  /** Receives the warning that other users can change the store, with a hint. */
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
  /** The images that are mounted from this store. */
  readonly mounts: MountRecords
  /** What protects images of this store for a time. */
  readonly leases: LeaseStore
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
    keepPartials: number,
  ) {
    this.#run = new Run(join(directory, 'staging'), metadata, refusal)
    this.blobs = new BlobStore(join(directory, 'blobs'), this.#run)
    this.partials = new PartialStore(directory, {
      ...{ keepBytes: keepPartials, warn },
      freshPath: () => this.#run.freshPath('download'),
      refusal,
    })
    this.layers = new LayerStore(join(directory, 'layers'), this.#run, metadata)
    this.names = new NameStore(join(directory, 'index.json'), this.#run, metadata, this.blobs, warn)
    this.mounts = new MountRecords(join(directory, 'mounts'), () => this.#run.assertWritable())
    this.leases = new LeaseStore(join(directory, 'leases'), this.#run)
    this.garbage = new Garbage(directory, this.#run, metadata, this.blobs, this.names, keepPartials)
  }

  /**
   * Opens the store in `directory`, creating it if needed, and removes the files of killed processes. A store that is
   * not writable can be read, and so can a store of another user: only writing to it fails.
   * @throws WindlassError STORE_CORRUPT when the directory is not a store or its version is newer; STORE_LOCKED,
   *   STORE_DENIED, STORE_READ_ONLY, STORE_FULL, STORE_IO; CANCELLED
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

  /** Removes the files of killed processes. Failures are warnings. */
  async #sweep(): Promise<void> {
    const staging = join(this.directory, 'staging')
    const failures = await this.garbage
      .sweep()
      .catch((error: unknown) => [storeError(error, 'remove files of earlier processes', staging)])
    for (const { message, hint } of failures) this.warn(hint === undefined ? message : `${message}. ${hint}`)
  }

  /**
   * Returns a path next to `target`, outside of the store, at which to build a tree that is then moved to `target`. The
   * parent of `target` must exist. Removes trees that killed processes left there.
   * @throws the errors of `node:fs`
   */
  async beginTree(target: string): Promise<UnfinishedTree> {
    await sweepTreesNextTo(target).catch((error: unknown) => {
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
   * Returns a directory for temporary files on the file system of the unpacked layers. It is removed when the store is
   * closed. @throws WindlassError STORE_*
   */
  stagingDirectory(): Promise<string> {
    return this.#run.stagingDirectoryFor('layers')
  }

  /**
   * Protects `digests`, stored or not, from garbage collection by any process until `release` or `close`. Does nothing
   * if the store is not writable: the first write reports the reason.
   * @throws WindlassError STORE_*
   */
  async hold(...digests: readonly Digest[]): Promise<void> {
    await this.holdUntil(undefined, ...digests)
  }

  /** Like `hold`, but `signal` aborts the wait for the store's lock. @throws WindlassError STORE_*, CANCELLED */
  async holdUntil(signal: AbortSignal | undefined, ...digests: readonly Digest[]): Promise<void> {
    await this.#run.hold(digests, signal).catch((error: unknown) => {
      if (!isNotWritableError(error)) throw error
    })
  }

  /**
   * Ends the protection by `hold`. Must not be called during an operation on this store. @throws WindlassError STORE_*
   */
  async release(): Promise<void> {
    await this.#run.release()
    await this.partials.enforceBudget()
  }

  /**
   * Releases the downloads, locks and holds of this process and removes its staging directory. Failures are warnings:
   * committed content is not affected, and opening the store later removes the rest. A second call has no effect.
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
      // Ignore the error if another process has removed the store.
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
