/**
 * Removes from the store what nothing leads to: no name, no entry of another tool, no run that lives. What goes is
 * decided and moved out of sight under the metadata lock, so that no run can come to need it meanwhile, and
 * deleted after; whoever is killed in between leaves a dead run, which the next one sweeps.
 */
import { constants } from 'node:fs'
import { access, lstat, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import { syncDirectory } from '../files/durable.js'
import { heldByRuns } from '../staging/holds.js'
import { type StoredThing, inventory } from './inventory.js'
import { removePartials } from '../partial/evict-partials.js'
import { defaultKeepPartials } from '../partial/keep-partials.js'
import { danglingPointers } from '../layers/pointers-by-layer.js'
import { reachable } from './roots.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import { removeTree } from '../files/remove-tree.js'
import { ensureReserve } from '../staging/reserve.js'
import { asDeadRun, type Run } from '../staging/run.js'
import { sweepRuns } from '../staging/sweep-runs.js'
import { isFull, storing, unlessMissing } from '../files/store-error.js'
import { syncStore } from '../files/sync-store.js'

export interface CollectOptions {
  /** Say what would go, and let it stay. */
  readonly dryRun?: boolean
  /** Bytes of interrupted downloads to keep, the youngest first (what the store keeps). Those that run are not counted. */
  readonly keepPartials?: number
}

export interface CollectedThing {
  readonly kind: 'blob' | 'layer' | 'partial'
  /** Of a layer, its diffID. */
  readonly digest: Digest
  /** Of a layer, the size of its trees as archives. */
  readonly bytes: number
}

export interface Collected {
  readonly dryRun: boolean
  readonly removed: readonly CollectedThing[]
  /** The sum of theirs. */
  readonly bytes: number
}

export class Garbage {
  constructor(
    private readonly directory: string,
    private readonly run: Run,
    private readonly metadata: MetadataLock,
    private readonly blobs: BlobStore,
    private readonly keepPartials: number = defaultKeepPartials,
  ) {}

  /**
   * `signal` ends the wait for the lock of the store; what has begun goes on to its end.
   *
   * @throws WindlassError STORE_CORRUPT where the list of names, or a manifest that a name needs, cannot be read: what it
   * leads to is not known then, and nothing is removed; STORE_LOCKED, STORE_READ_ONLY, STORE_DENIED, STORE_IO
   */
  collect(
    { dryRun = false, keepPartials = this.keepPartials }: CollectOptions = {},
    signal?: AbortSignal,
  ): Promise<Collected> {
    const staging = join(this.directory, 'staging')
    return storing('collect garbage', this.directory, async () => {
      if (!dryRun) {
        // Told first, though there may be nothing to remove.
        await unlessMissing(access(staging, constants.W_OK))
        // What cannot be removed was told when the store was opened.
        await sweepRuns(staging)
      }
      const trash: string[] = []
      const collect = async (): Promise<StoredThing[]> => {
        const found = await this.#unreachable()
        if (dryRun) return found
        // The names that led here: an older list of them, which may still be on the disk, led elsewhere.
        if (found.length > 0) await syncStore(this.directory)
        trash.push(...(await this.#move(found.map(({ path }) => path))))
        // After their layers, on the disk too: no layer is ever without.
        trash.push(...(await this.#move(await danglingPointers(join(this.directory, 'layers')))))
        return found
      }
      const { metadata } = this
      const things = await (dryRun ? metadata.holdToRead(collect, signal) : metadata.hold(collect, signal))
      for (const path of trash) await removeTree(path)
      const partials = await removePartials(join(this.directory, 'partial'), { dryRun, keep: keepPartials })
      if (!dryRun) await ensureReserve(this.directory)
      const removed = [
        ...things.map(({ kind, digest, bytes }) => ({ kind, digest, bytes })),
        ...partials.map(({ digest, bytes }) => ({ kind: 'partial' as const, digest, bytes })),
      ]
      return { dryRun, removed, bytes: removed.reduce((total, { bytes }) => total + bytes, 0) }
    })
  }

  /**
   * Takes a damaged thing out of the store, so that a whole one can come in its place. Only if it still is the one that
   * was found damaged, by its inode: another process may have mended it meanwhile. False where it was not.
   */
  discard(
    damaged: { readonly path: string; readonly inode: bigint },
    signal?: AbortSignal,
  ): Promise<boolean> {
    return this.replace(damaged, () => Promise.resolve(), signal)
  }

  /**
   * The same, and lets `commit` bring the whole one. Where that fails, the damaged thing is put back, unless something
   * stands in its place by then: nothing is lost for a repair that did not succeed.
   */
  replace(
    { path, inode }: { readonly path: string; readonly inode: bigint },
    commit: () => Promise<void>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    return storing('take something damaged out of the store', path, async () => {
      const { moved, aside } = await this.metadata.hold(async () => {
        const found = await unlessMissing(lstat(path, { bigint: true }))
        if (found?.ino !== inode) return { moved: false }
        return { moved: true, aside: (await this.#move([path]))[0] }
      }, signal)
      try {
        await commit()
      } catch (error) {
        if (aside !== undefined) await this.#putBack(aside, path).catch(() => undefined) // the first error is the one to tell
        throw error
      }
      if (aside !== undefined) await removeTree(aside)
      return moved
    })
  }

  #putBack(aside: string, path: string): Promise<void> {
    return this.metadata.hold(async () => {
      if (await unlessMissing(lstat(path))) return
      await rename(aside, path)
      await syncDirectory(dirname(path))
    })
  }

  async #unreachable(): Promise<StoredThing[]> {
    const needed = await reachable(join(this.directory, 'index.json'), this.blobs)
    for (const digest of await heldByRuns(join(this.directory, 'staging'))) needed.add(digest)
    const { things } = await inventory(this.directory)
    return things.filter(
      ({ digest, blobs }) => !needed.has(digest) && !blobs.some((blob) => needed.has(blob)),
    )
  }

  /** Out of sight, and on the disk, before anything of it is deleted: half a tree must not come back after a power cut. */
  async #move(paths: readonly string[]): Promise<string[]> {
    const trash: string[] = []
    for (const path of paths) {
      const aside = await this.#aside(path)
      if (aside === undefined) continue
      await rename(path, aside)
      trash.push(aside)
    }
    for (const directory of new Set(paths.map((path) => dirname(path)))) await syncDirectory(directory)
    return trash
  }

  /** Where `path` can be moved; undefined where it is gone already: on a full disk a file goes at once. */
  async #aside(path: string): Promise<string | undefined> {
    const part = path.startsWith(join(this.directory, 'blobs/')) ? 'blobs' : 'layers'
    try {
      return await this.run.freshPath('trash', part)
    } catch (error) {
      if (!isFull(error)) throw error
      if ((await lstat(path)).isDirectory()) return asDeadRun(join(this.directory, 'staging'), part)
      await unlink(path)
      return undefined
    }
  }
}
