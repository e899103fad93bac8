/**
 * Removes unreferenced content from the store: blobs and layers that no entry of `index.json`, no mount and no
 * run references. A run is one use of the store by a process. The content is moved to the staging directory under the metadata lock, so
 * that no run can start to use it, and then deleted. If the process is killed in between, a later process deletes it.
 */
import { constants } from 'node:fs'
import { access, lstat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import { syncDirectory } from '../files/durable.js'
import type { Lease } from '../leases/lease-record.js'
import { removeLeases, withoutHolds } from '../leases/leases.js'
import type { NameStore } from '../names/names.js'
import type { ExpiredImage, Expiry, KeptImage, RetentionOptions } from './expiry.js'
import { findGarbage, type Findings } from './find-garbage.js'
import type { FileLock } from '../locks/file-lock.js'
import type { StoredItem } from './inventory.js'
import { removePartials } from '../partial/evict-partials.js'
import { defaultKeepPartials } from '../partial/keep-partials.js'
import { danglingPointers } from '../layers/pointers-by-layer.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import { moveTree } from '../files/move-tree.js'
import { removeTree } from '../files/remove-tree.js'
import { ensureReserve } from '../staging/reserve.js'
import { trashPathWithoutRun, type Run } from '../staging/run.js'
import { type Leftovers, sweepRuns } from '../staging/sweep-runs.js'
import { isDiskFull, withStoreErrors, ignoreMissing } from '../files/store-error.js'
import { syncStore } from '../files/sync-store.js'

/**
 * Options of `Garbage.collect`. Without `keepStorage` and `unusedFor`, only content that nothing needs is removed, and no
 * image.
 */
export interface CollectOptions extends RetentionOptions {
  /** Report what would be removed, without removing it. */
  readonly dryRun?: boolean
  /**
   * Maximum number of bytes of interrupted downloads to keep, newest first (default: the setting of the store). Active
   * downloads are not counted.
   */
  readonly keepPartials?: number
  /** Called after each item whose files are deleted. */
  readonly onProgress?: (progress: CollectProgress) => void
}

/** How far a collection is. Its items are unreachable by then: what remains is to delete their files. */
export interface CollectProgress {
  /** Number of items whose files are deleted, and of all items. */
  readonly done: number
  readonly total: number
  /** Total size of the deleted items in bytes, as in `CollectedItem`. */
  readonly bytes: number
}

/** Removed content. */
export interface CollectedItem {
  readonly kind: 'blob' | 'layer' | 'partial'
  /** For a layer, its diffID. */
  readonly digest: Digest
  /** Size in bytes; for a layer, the size of its trees as tar archives. */
  readonly bytes: number
}

/** The result of `Garbage.collect`. */
export interface Collected {
  readonly dryRun: boolean
  readonly removed: readonly CollectedItem[]
  /** Images that `keepStorage` or `unusedFor` removed, least recently used first. Their content is part of `removed`. */
  readonly images: readonly ExpiredImage[]
  /** Images that would have been removed, but were protected. */
  readonly kept: readonly KeptImage[]
  /** Leases that had expired and were removed. They protected nothing any more. */
  readonly leases: readonly Lease[]
  /** Total size of the removed content in bytes. */
  readonly bytes: number
  /**
   * Files of killed processes that were removed since the last collection. Not part of `removed` and `bytes`. Opening a
   * store removes them, so a dry run reports them too.
   */
  readonly leftovers: Leftovers
}

/** An item that was moved to the staging directory, to be deleted there. */
interface Trash {
  readonly aside: string
  readonly bytes: number
}

const noLeftovers: Leftovers = { processes: 0, bytes: 0 }

/** The garbage collector of a store. */
export class Garbage {
  /** Files of killed processes that `sweep` has removed and `collect` has not reported yet. */
  #leftovers = noLeftovers

  constructor(
    private readonly directory: string,
    private readonly run: Run,
    private readonly metadata: MetadataLock,
    private readonly blobs: BlobStore,
    private readonly names: NameStore,
    private readonly keepPartials: number = defaultKeepPartials,
  ) {}

  /**
   * Removes the files of killed processes. Returns an error for each directory that could not be removed; the store can
   * be used nevertheless.
   * @throws the errors of `node:fs` when the staging area cannot be listed
   */
  async sweep(): Promise<readonly WindlassError[]> {
    const { processes, bytes, failures } = await sweepRuns(join(this.directory, 'staging'))
    const before = this.#leftovers
    this.#leftovers = { processes: before.processes + processes, bytes: before.bytes + bytes }
    return failures
  }

  /**
   * Removes unreferenced content, old interrupted downloads and expired leases; with `keepStorage` or `unusedFor`, also the images
   * that were used least recently, unless a process uses them, they are mounted, a lease holds them or another tool has named
   * them. `signal` aborts the wait for the store's lock, but not a collection that has started.
   *
   * @throws WindlassError STORE_CORRUPT when the list of names or a required manifest cannot be read: references are
   *   then unknown and nothing is removed; STORE_LOCKED, STORE_READ_ONLY, STORE_DENIED, STORE_IO
   */
  collect(
    { dryRun = false, keepPartials = this.keepPartials, onProgress, ...retention }: CollectOptions = {},
    signal?: AbortSignal,
  ): Promise<Collected> {
    const staging = join(this.directory, 'staging')
    return withStoreErrors('collect garbage', this.directory, async () => {
      if (!dryRun) {
        // Checked first, so that a collection without write permission fails even if there is nothing to remove.
        this.run.assertWritable()
        await ignoreMissing(access(staging, constants.W_OK))
        // Failures are ignored: opening the store reported them.
        await this.sweep()
      }
      const trash: Trash[] = []
      const collect = async (lock?: FileLock): Promise<Findings> => {
        const found = await findGarbage(this.directory, this.blobs, retention)
        // A dry run has no lock to change anything.
        if (lock === undefined) return found
        // The names go before their content, so that no name ever points at an incomplete image.
        if (found.expiry.keys.size > 0) await this.names.removeWithLock(lock, found.expiry.keys)
        // Until the current `index.json` is synced, the disk may have an older one that references this content.
        if (found.items.length > 0) await syncStore(this.directory)
        trash.push(...(await this.#moveAside(found.items)))
        // The removal of the layers is synced before their pointers are removed, so that a power failure leaves no
        // layer without its pointer.
        const pointers = await danglingPointers(join(this.directory, 'layers'))
        trash.push(...(await this.#moveAside(pointers.map((path) => ({ path, bytes: 0 })))))
        await removeLeases(
          join(this.directory, 'leases'),
          found.expiredLeases.map(({ id }) => id),
        )
        return found
      }
      const { metadata } = this
      const {
        items,
        expiry,
        expiredLeases: ended,
      } = await (dryRun ? metadata.holdToRead(() => collect(), signal) : metadata.hold(collect, signal))
      let freed = 0
      for (const [index, { aside, bytes }] of trash.entries()) {
        await removeTree(aside)
        freed += bytes
        onProgress?.({ done: index + 1, total: trash.length, bytes: freed })
      }
      const partials = await removePartials(join(this.directory, 'partial'), {
        dryRun,
        keepBytes: partialsBudget(keepPartials, retention, expiry),
      })
      if (!dryRun) await ensureReserve(this.directory)
      const removed = [
        ...items.map(({ kind, digest, bytes }) => ({ kind, digest, bytes })),
        ...partials.map(({ digest, bytes }) => ({ kind: 'partial' as const, digest, bytes })),
      ]
      const leftovers = this.#leftovers
      this.#leftovers = noLeftovers
      const bytes = removed.reduce((total, item) => total + item.bytes, 0)
      const { expired: images, kept } = expiry
      return { dryRun, removed, images, kept, leases: ended.map(withoutHolds), bytes, leftovers }
    })
  }

  /**
   * Removes a damaged blob or layer, so that it can be replaced. Returns whether it was removed. If the inode differs,
   * does nothing, because another process may have repaired it.
   * @throws WindlassError STORE_*
   */
  discard(
    damaged: { readonly path: string; readonly inode: bigint },
    signal?: AbortSignal,
  ): Promise<boolean> {
    return this.replace(damaged, () => Promise.resolve(), signal)
  }

  /**
   * Like `discard`, but then runs `commit`, which stores the replacement. If `commit` fails, restores the damaged
   * content, unless there is something else at `path` by then.
   * @throws WindlassError STORE_*; the errors of `commit`
   */
  replace(
    { path, inode }: { readonly path: string; readonly inode: bigint },
    commit: () => Promise<void>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    return withStoreErrors('remove damaged content from the store', path, async () => {
      const { moved, aside } = await this.metadata.hold(async () => {
        const found = await ignoreMissing(lstat(path, { bigint: true }))
        if (found?.ino !== inode) return { moved: false }
        return { moved: true, aside: (await this.#moveAside([{ path, bytes: 0 }]))[0]?.aside }
      }, signal)
      try {
        await commit()
      } catch (error) {
        if (aside !== undefined) await this.#restore(aside, path).catch(() => undefined) // report the first error
        throw error
      }
      if (aside !== undefined) await removeTree(aside)
      return moved
    })
  }

  #restore(aside: string, path: string): Promise<void> {
    return this.metadata.hold(async () => {
      if (await ignoreMissing(lstat(path))) return
      await moveTree(aside, path)
      await syncDirectory(dirname(path))
    })
  }

  /**
   * Moves items to the staging directory, syncs their directories and returns the new paths. Deleting in place could
   * leave an incomplete tree under its valid name after a power failure.
   */
  async #moveAside(items: readonly Pick<StoredItem, 'path' | 'bytes'>[]): Promise<Trash[]> {
    const trash: Trash[] = []
    for (const { path, bytes } of items) {
      const aside = await this.#trashPath(path)
      if (aside === undefined) continue
      await moveTree(path, aside)
      trash.push({ aside, bytes })
    }
    for (const directory of new Set(items.map(({ path }) => dirname(path)))) await syncDirectory(directory)
    return trash
  }

  /**
   * Returns the path in a staging directory to move `path` to. On a full disk, deletes a file at once and returns
   * undefined, because no staging directory can be created.
   */
  async #trashPath(path: string): Promise<string | undefined> {
    const part = path.startsWith(join(this.directory, 'blobs/')) ? 'blobs' : 'layers'
    try {
      return await this.run.freshPath('trash', part)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      if ((await lstat(path)).isDirectory()) return trashPathWithoutRun(join(this.directory, 'staging'), part)
      await unlink(path)
      return undefined
    }
  }
}

/** Returns how many bytes of interrupted downloads stay: what `keepStorage` leaves beside the images. */
const partialsBudget = (
  keepPartials: number,
  { keepStorage = Infinity }: RetentionOptions,
  { bytes }: Expiry,
): number => Math.min(keepPartials, Math.max(0, keepStorage - bytes))
