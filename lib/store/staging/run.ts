/**
 * A run is one use of the store by a process, from opening to closing it. Each run has a directory in `staging/`,
 * which is locked while the run is active. Its file `holds` lists the digests that the run needs, one per line:
 * garbage collection keeps them.
 */
import { randomBytes } from 'node:crypto'
import { rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { appendFile, mkdir, truncate } from '../../system/files.js'
import type { Digest } from '../../image/index.js'
import { ensureDirectory } from '../files/durable.js'
import { FileLock } from '../locks/file-lock.js'
import type { MetadataLock } from '../locks/metadata-lock.js'
import { canRenameBetween, stagingName, type StorePart } from '../files/mounts.js'
import { removeTree } from '../files/remove-tree.js'
import { errnoOf, isNotWritableError, withStoreErrors, ignoreMissing } from '../files/store-error.js'
import { removeTreeNotes, writeTreeNote } from './tree-notes.js'
import { beginTree, type UnfinishedTree } from './unfinished-tree.js'

/** Name of the lock file in the directory of a run, locked while the run is active. */
export const lockFileName = 'lock'
/** Name of the file in the directory of a run that lists the digests that the run needs. */
export const holdsFileName = 'holds'

/** An active run. */
export class Run {
  #opened: Promise<{ readonly directory: string; readonly lock: FileLock }> | undefined
  readonly #held = new Set<Digest>()
  /** Staging directories of this run by part of the store. A part on another mount has its own one. */
  readonly #stagingDirectories = new Map<StorePart, Promise<string>>()
  #ended = false
  /** Number of paths that `freshPath` has returned. */
  #pathCount = 0
  /** Number of trees that are being built. */
  #treeCount = 0

  /** @param refusal the error for every write, if the store belongs to another user */
  constructor(
    private readonly staging: string,
    private readonly metadata: MetadataLock,
    private readonly refusal?: WindlassError,
  ) {}

  /** Whether the store belongs to this user. */
  get isWritable(): boolean {
    return this.refusal === undefined
  }

  /** @throws WindlassError STORE_DENIED when the store belongs to another user */
  assertWritable(): void {
    if (this.refusal) throw this.refusal
  }

  /**
   * Returns the directory of this run, created and locked on first use. @throws WindlassError STORE_*, INTERNAL after
   * `end`
   */
  async directory(): Promise<string> {
    if (this.#ended) throw new WindlassError('INTERNAL', 'The store was used after it was closed')
    this.assertWritable()
    this.#opened ??= withStoreErrors('make a staging directory', this.staging, () =>
      createRunDirectory(this.staging),
    )
    const opening = this.#opened
    try {
      return (await opening).directory
    } catch (error) {
      // The cause may be temporary, for example a full disk.
      if (this.#opened === opening) this.#opened = undefined
      throw error
    }
  }

  /**
   * Returns a directory from which files can be renamed into `part`: the directory of this run, or if `part` is a
   * separate mount, one on that mount.
   * @throws WindlassError STORE_*
   */
  async stagingDirectoryFor(part: StorePart): Promise<string> {
    const directory = await this.directory()
    let area = this.#stagingDirectories.get(part)
    if (area === undefined) {
      area = withStoreErrors('make a staging directory', join(dirname(this.staging), part), () =>
        this.#makeStagingDirectory(directory, part),
      )
      this.#stagingDirectories.set(part, area)
      area.catch(() => this.#stagingDirectories.delete(part))
    }
    return area
  }

  /**
   * Returns an unused path from which a file can be renamed into `part`; without `part`, into the directory of the
   * store.
   * @param kind the start of the file name, for people who look into the directory
   * @throws WindlassError STORE_*
   */
  async freshPath(kind: string, part?: StorePart): Promise<string> {
    const directory = await (part === undefined ? this.directory() : this.stagingDirectoryFor(part))
    return join(directory, `${kind}-${++this.#pathCount}`)
  }

  /**
   * Runs `work` with a path from `freshPath`. If `work` fails, removes the file at that path, to free space on a full
   * disk.
   * @throws the errors of `work`; WindlassError STORE_*
   */
  async withFreshPath<T>(
    kind: string,
    part: StorePart | undefined,
    work: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = await this.freshPath(kind, part)
    try {
      return await work(path)
    } catch (error) {
      await removeTree(path).catch(() => undefined) // report the first error
      throw error
    }
  }

  /**
   * Records that this run needs `digests`: a collection that starts afterwards does not remove them. `signal` aborts
   * the wait for the store's lock. @throws WindlassError STORE_*, CANCELLED
   */
  async hold(digests: readonly Digest[], signal?: AbortSignal): Promise<void> {
    if (digests.some((digest) => !this.#held.has(digest)))
      await this.metadata.hold(() => this.holdWithLock(digests), signal)
  }

  /** Like `hold`, for callers that hold the metadata lock. @throws WindlassError STORE_* */
  async holdWithLock(digests: readonly Digest[]): Promise<void> {
    const fresh = new Set(digests.filter((digest) => !this.#held.has(digest)))
    if (fresh.size === 0) return
    const path = join(await this.directory(), holdsFileName)
    // Each line starts with a newline, so that an incomplete line on a full disk does not affect the next one.
    const lines = [...fresh].map((digest) => `\n${digest}`).join('')
    await withStoreErrors('record which content this process needs', path, () =>
      appendFile(path, lines, 0o600),
    )
    for (const digest of fresh) this.#held.add(digest)
  }

  /**
   * Releases all digests. Must not be called during an operation of this run, because the operation needs its digests.
   * @throws WindlassError STORE_*
   */
  async release(): Promise<void> {
    if (this.#held.size === 0) return
    this.#held.clear()
    const path = join(await this.directory(), holdsFileName)
    await withStoreErrors('release the content that this process needed', path, () =>
      this.metadata.hold(() => truncate(path, 0)),
    )
  }

  /**
   * Returns a path next to `target`, outside of the store, at which to build a tree that is then moved to `target`. The
   * parent of `target` must exist. If this process is killed, opening the store later removes the tree.
   * @throws the errors of `node:fs`
   */
  async beginTree(target: string): Promise<UnfinishedTree> {
    const tree = await beginTree(target, (note) =>
      this.directory()
        .then((directory) => writeTreeNote(directory, note))
        .catch((error: unknown) => {
          // The store is read-only or full. Without the note, the next process that builds at `target` removes the
          // tree.
          if (!isNotWritableError(error)) throw error
        }),
    )
    this.#treeCount++
    return {
      path: tree.path,
      release: async () => {
        await tree.release()
        const directory = --this.#treeCount === 0 && (await this.#opened)?.directory
        if (directory) await removeTreeNotes(directory)
      },
    }
  }

  /** Removes the directories of this run and releases its lock. */
  async end(): Promise<void> {
    this.#ended = true
    const opened = await this.#opened?.catch(() => undefined)
    if (!opened) return
    const areas = await Promise.allSettled(this.#stagingDirectories.values())
    for (const area of areas)
      if (area.status === 'fulfilled' && area.value !== opened.directory) await removeTree(area.value)
    await removeRun(opened.directory, opened.lock)
  }

  async #makeStagingDirectory(directory: string, part: StorePart): Promise<string> {
    const place = join(dirname(this.staging), part)
    if (await canRenameBetween(directory, place)) return directory
    await ensureDirectory(join(place, stagingName))
    const area = join(place, stagingName, basename(directory))
    await mkdir(area, 0o700)
    return area
  }
}

/**
 * Returns a path to which a directory of `part` can be moved for deletion if the disk is too full to create a run. The
 * name is that of a run without a lock, so the next sweep removes the directory.
 */
export async function trashPathWithoutRun(staging: string, part: StorePart): Promise<string> {
  const place = join(dirname(staging), part)
  const isSameMount = await canRenameBetween(staging, place)
  return join(isSameMount ? staging : join(place, stagingName), randomBytes(8).toString('hex'))
}

async function createRunDirectory(staging: string): Promise<{ directory: string; lock: FileLock }> {
  for (;;) {
    const directory = join(staging, randomBytes(8).toString('hex'))
    await mkdir(directory, 0o700).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
      // Another tool may have created the store without `staging/`, and the store was not writable when it was opened.
      await ensureDirectory(staging)
      await mkdir(directory, 0o700)
    })
    try {
      const lock = await FileLock.take(join(directory, lockFileName))
      if (lock) return { directory, lock }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') {
        await ignoreMissing(rmdir(directory)).catch(() => undefined) // report the first error
        throw error
      }
    }
    // Another process removed the directory before it was locked: try another one.
  }
}

/** Removes the directory of a run whose lock is held, and releases the lock. @throws the errors of `node:fs` */
export async function removeRun(directory: string, lock: FileLock): Promise<void> {
  try {
    await removeTree(directory)
  } catch (error) {
    // A file was created during the removal. The next sweep removes it.
    if (errnoOf(error) !== 'ENOTEMPTY') throw error
  } finally {
    await lock.release()
  }
}
