/**
 * A run: one use of the store by a process, from opening to closing it. A run has a directory in `staging/`, which is
 * locked while the run is active. The file `holds` in it lists the digests that the run needs, one per line, to keep them
 * from garbage collection.
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
import { isOneMount, stagingName, type StorePart } from '../files/mounts.js'
import { removeTree } from '../files/remove-tree.js'
import { codeOf, isNotWritable, withStoreErrors, ignoreMissing } from '../files/store-error.js'
import { forgetTrees, noteTree } from './tree-notes.js'
import { beginTree, type UnfinishedTree } from './unfinished-tree.js'

/** File in the directory of a run, locked while the run is active. */
export const lockName = 'lock'
/** File in the directory of a run that lists the digests it needs. */
export const holdsName = 'holds'

/** An active run. */
export class Run {
  #opened: Promise<{ readonly directory: string; readonly lock: FileLock }> | undefined
  readonly #held = new Set<Digest>()
  /** Staging directories of this run by part of the store. A part on another mount has one of its own. */
  readonly #areas = new Map<StorePart, Promise<string>>()
  #ended = false
  #files = 0
  /** Number of trees that are being built. */
  #trees = 0

  /** @param refusal the error for every write, if the store belongs to another user */
  constructor(
    private readonly staging: string,
    private readonly metadata: MetadataLock,
    private readonly refusal?: WindlassError,
  ) {}

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
   * Returns a directory from which files can be renamed into `part`: another one if `part` is a separate mount.
   * @throws WindlassError STORE_*
   */
  async areaFor(part: StorePart): Promise<string> {
    const directory = await this.directory()
    let area = this.#areas.get(part)
    if (area === undefined) {
      area = withStoreErrors('make a staging directory', join(dirname(this.staging), part), () =>
        this.#makeArea(directory, part),
      )
      this.#areas.set(part, area)
      area.catch(() => this.#areas.delete(part))
    }
    return area
  }

  /**
   * Returns an unused path from which a file can be renamed into `part`; without `part`, into the store's own
   * directory.
   * @throws WindlassError STORE_*
   */
  async freshPath(kind: string, part?: StorePart): Promise<string> {
    const directory = await (part === undefined ? this.directory() : this.areaFor(part))
    return join(directory, `${kind}-${++this.#files}`)
  }

  /**
   * Runs `work` with an unused path. Removes what is there if `work` fails, to free space on a full disk.
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
   * Records that this run needs `digests`: a collection that starts afterwards does not remove them. `signal` ends the
   * wait for the lock. @throws WindlassError STORE_*, CANCELLED
   */
  async hold(digests: readonly Digest[], signal?: AbortSignal): Promise<void> {
    if (digests.some((digest) => !this.#held.has(digest)))
      await this.metadata.hold(() => this.holdWithLock(digests), signal)
  }

  /** Like `hold`, for callers that hold the metadata lock. @throws WindlassError STORE_* */
  async holdWithLock(digests: readonly Digest[]): Promise<void> {
    const fresh = new Set(digests.filter((digest) => !this.#held.has(digest)))
    if (fresh.size === 0) return
    const path = join(await this.directory(), holdsName)
    // Starts with a newline, so that a line truncated by a full disk does not corrupt the next one.
    const lines = [...fresh].map((digest) => `\n${digest}`).join('')
    await withStoreErrors('record which content this process needs', path, () =>
      appendFile(path, lines, 0o600),
    )
    for (const digest of fresh) this.#held.add(digest)
  }

  /**
   * Releases all digests. Must not be called while an operation of this run is in progress: its holds would be lost.
   * @throws WindlassError STORE_*
   */
  async release(): Promise<void> {
    if (this.#held.size === 0) return
    this.#held.clear()
    const path = join(await this.directory(), holdsName)
    await withStoreErrors('release the content that this process needed', path, () =>
      this.metadata.hold(() => truncate(path, 0)),
    )
  }

  /**
   * Returns a place to build a tree that will be moved to `target`, outside of the store. The parent of `target` must
   * exist. If this run is killed, the next sweep of the store removes the tree.
   * @throws the errors of `node:fs`
   */
  async beginTree(target: string): Promise<UnfinishedTree> {
    const tree = await beginTree(target, (note) =>
      this.directory()
        .then((directory) => noteTree(directory, note))
        .catch((error: unknown) => {
          // The store is read-only or full. The next process that builds at `target` finds the tree without the record.
          if (!isNotWritable(error)) throw error
        }),
    )
    this.#trees++
    return {
      path: tree.path,
      release: async () => {
        await tree.release()
        const directory = --this.#trees === 0 && (await this.#opened)?.directory
        if (directory) await forgetTrees(directory)
      },
    }
  }

  /** Removes the directory and releases its lock. */
  async end(): Promise<void> {
    this.#ended = true
    const opened = await this.#opened?.catch(() => undefined)
    if (!opened) return
    const areas = await Promise.allSettled(this.#areas.values())
    for (const area of areas)
      if (area.status === 'fulfilled' && area.value !== opened.directory) await removeTree(area.value)
    await removeRun(opened.directory, opened.lock)
  }

  async #makeArea(directory: string, part: StorePart): Promise<string> {
    const place = join(dirname(this.staging), part)
    if (await isOneMount(directory, place)) return directory
    await ensureDirectory(join(place, stagingName))
    const area = join(place, stagingName, basename(directory))
    await mkdir(area, 0o700)
    return area
  }
}

/**
 * Returns a path to which a directory of `part` can be moved for deletion if the full disk has no space for a run. The path
 * is that of a dead run, so the next sweep removes the directory.
 */
export async function pathOfDeadRun(staging: string, part: StorePart): Promise<string> {
  const place = join(dirname(staging), part)
  const isSameMount = await isOneMount(staging, place)
  return join(isSameMount ? staging : join(place, stagingName), randomBytes(8).toString('hex'))
}

async function createRunDirectory(staging: string): Promise<{ directory: string; lock: FileLock }> {
  for (;;) {
    const directory = join(staging, randomBytes(8).toString('hex'))
    await mkdir(directory, 0o700).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
      // `staging` is missing if the layout of another tool was read-only when it was opened.
      await ensureDirectory(staging)
      await mkdir(directory, 0o700)
    })
    try {
      const lock = await FileLock.take(join(directory, lockName))
      if (lock) return { directory, lock }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') {
        await ignoreMissing(rmdir(directory)).catch(() => undefined) // report the first error
        throw error
      }
    }
    // Another process swept the directory before it was locked: try another one.
  }
}

/** Removes the directory of a run whose lock is held, and releases the lock. @throws the errors of `node:fs` */
export async function removeRun(directory: string, lock: FileLock): Promise<void> {
  try {
    await removeTree(directory)
  } catch (error) {
    // A file was created meanwhile; the next sweep removes it.
    if (codeOf(error) !== 'ENOTEMPTY') throw error
  } finally {
    await lock.release()
  }
}
