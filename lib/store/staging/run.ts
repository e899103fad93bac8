/**
 * One user of the store: a directory in `staging/` that is locked while the user lives, and which lists what the
 * user needs of the store (`holds`, a digest a line) for whoever collects garbage.
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
import { codeOf, isNotWritable, storing, unlessMissing } from '../files/store-error.js'
import { forgetTrees, noteTree } from './tree-notes.js'
import { beginTree, type UnfinishedTree } from './unfinished-tree.js'

/** In the directory of a run: held while it lives. */
export const lockName = 'lock'
export const holdsName = 'holds'

export class Run {
  #opened: Promise<{ readonly directory: string; readonly lock: FileLock }> | undefined
  readonly #held = new Set<Digest>()
  /** Directories of this run on the mounts of other parts. */
  readonly #areas = new Map<StorePart, Promise<string>>()
  #over = false
  #files = 0
  /** That are being built. */
  #trees = 0

  constructor(
    private readonly staging: string,
    private readonly metadata: MetadataLock,
  ) {}

  /** This run's directory, made and locked on first use. */
  async directory(): Promise<string> {
    if (this.#over) throw new WindlassError('INTERNAL', 'The store was used after it was closed')
    this.#opened ??= storing('make a staging directory', this.staging, () => begin(this.staging))
    const opening = this.#opened
    try {
      return (await opening).directory
    } catch (error) {
      // The next one may find the cause gone, such as a full disk.
      if (this.#opened === opening) this.#opened = undefined
      throw error
    }
  }

  /** The same, from which a rename leads into `part` of the store: another one where that is a mount of its own. */
  async area(part: StorePart): Promise<string> {
    const directory = await this.directory()
    let area = this.#areas.get(part)
    if (area === undefined) {
      area = storing('make a staging directory', join(dirname(this.staging), part), () =>
        this.#makeArea(directory, part),
      )
      this.#areas.set(part, area)
      area.catch(() => this.#areas.delete(part))
    }
    return area
  }

  /** A path that nothing has used, from which a rename leads into `part`, or where none is named to the store itself. */
  async freshPath(kind: string, part?: StorePart): Promise<string> {
    const directory = await (part === undefined ? this.directory() : this.area(part))
    return join(directory, `${kind}-${++this.#files}`)
  }

  /** Does `work` with a fresh path. Where that fails, nothing stays there: a full disk must not get fuller. */
  async withFreshPath<T>(
    kind: string,
    part: StorePart | undefined,
    work: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = await this.freshPath(kind, part)
    try {
      return await work(path)
    } catch (error) {
      await removeTree(path).catch(() => undefined) // the first error is the one to tell
      throw error
    }
  }

  /** Says that this run needs these. On return, no collection that begins later removes them. `signal` ends the wait for the lock. */
  async hold(digests: readonly Digest[], signal?: AbortSignal): Promise<void> {
    if (digests.some((digest) => !this.#held.has(digest)))
      await this.metadata.hold(() => this.holdLocked(digests), signal)
  }

  /** The same for who has the metadata lock. */
  async holdLocked(digests: readonly Digest[]): Promise<void> {
    const fresh = new Set(digests.filter((digest) => !this.#held.has(digest)))
    if (fresh.size === 0) return
    const path = join(await this.directory(), holdsName)
    // The newline comes first, so that a line that a full disk cut short does not spoil the next one.
    const lines = [...fresh].map((digest) => `\n${digest}`).join('')
    await storing('note what this run needs', path, () => appendFile(path, lines, 0o600))
    for (const digest of fresh) this.#held.add(digest)
  }

  /** Needs nothing of the store any more. Only while nothing of this run is under way: what is held meanwhile is lost. */
  async release(): Promise<void> {
    if (this.#held.size === 0) return
    this.#held.clear()
    const path = join(await this.directory(), holdsName)
    await storing('let go of what this run needed', path, () => this.metadata.hold(() => truncate(path, 0)))
  }

  /**
   * A place for a tree that will stand at `target`, outside of the store, whose parent is there. Should this run be killed,
   * whoever sweeps it removes what it has built there.
   */
  async beginTree(target: string): Promise<UnfinishedTree> {
    const tree = await beginTree(target, (note) =>
      this.directory()
        .then((directory) => noteTree(directory, note))
        .catch((error: unknown) => {
          // A store that can only be read, or is full: the next one that builds there finds it all the same.
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

  /** Removes the directory and lets go of its lock. */
  async end(): Promise<void> {
    this.#over = true
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
 * Where a directory of `part` can be moved that is to be deleted, when there is no room for a run: it is swept as a dead
 * one.
 */
export async function asDeadRun(staging: string, part: StorePart): Promise<string> {
  const place = join(dirname(staging), part)
  const one = await isOneMount(staging, place)
  return join(one ? staging : join(place, stagingName), randomBytes(8).toString('hex'))
}

async function begin(staging: string): Promise<{ directory: string; lock: FileLock }> {
  for (;;) {
    const directory = join(staging, randomBytes(8).toString('hex'))
    await mkdir(directory, 0o700).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
      // A layout of another tool has none, and could not be given one when it was opened.
      await ensureDirectory(staging)
      await mkdir(directory, 0o700)
    })
    try {
      const lock = await FileLock.take(join(directory, lockName))
      if (lock) return { directory, lock }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') {
        await unlessMissing(rmdir(directory)).catch(() => undefined) // the first error is the one to tell
        throw error
      }
    }
    // Somebody swept it between its making and its locking: another one.
  }
}

/** Removes the directory of a run whose lock is held, and lets go of that. */
export async function removeRun(directory: string, lock: FileLock): Promise<void> {
  try {
    await removeTree(directory)
  } catch (error) {
    // A file that came meanwhile; whoever sweeps next finds it.
    if (codeOf(error) !== 'ENOTEMPTY') throw error
  } finally {
    await lock.release()
  }
}
