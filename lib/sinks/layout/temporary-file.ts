/**
 * Provides temporary files in a layout, which are renamed to their final paths when they are complete. A temporary file
 * is locked while it is written: a file without a lock belongs to a process that was killed, and can be removed.
 */
import { randomBytes } from 'node:crypto'
import { constants, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type PooledFile, open, openLarge, rename, unlink } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { tryLock, withLayoutLock } from './layout-lock.js'

/** Start of the names of temporary files, in the directory of the layout. */
export const temporaryPrefix = '.windlass-'

/** A temporary file. */
export interface TemporaryFile {
  /** Appends bytes. */
  append(chunks: readonly Buffer[]): Promise<void>
  /**
   * Flushes the file to the disk and renames it to `path`. Replaces an existing file or link at `path`. Returns whether
   * the file was published.
   * @param isAllowed - called after the flush; if it returns false, the file is not published
   */
  publish(path: string, isAllowed?: () => Promise<boolean>): Promise<boolean>
  /** Closes the file, and removes it unless it was published. */
  close(): Promise<void>
}

/**
 * Creates a temporary file in the layout in `directory`, and takes the lock of the layout to do so.
 * @throws the errors of `node:fs`; as `withLayoutLock`
 */
export const createTemporaryFile = (directory: string, signal?: AbortSignal): Promise<TemporaryFile> =>
  withLayoutLock(directory, () => createTemporaryWhileLocked(directory), signal)

/**
 * Creates a temporary file in the layout in `directory`. The caller must hold the lock of the layout: otherwise
 * `sweepTemporaries` of another process could remove the file before it is locked.
 * @throws the errors of `node:fs`
 */
export async function createTemporaryWhileLocked(directory: string): Promise<TemporaryFile> {
  const path = join(directory, temporaryPrefix + randomBytes(8).toString('hex'))
  const file = await openLarge(path, 'wx', 0o644)
  tryLock(file.fd)
  return new Temporary(file, path)
}

/**
 * Writes a file by renaming a temporary file to `path`. Returns false if `isAllowed` returned false. The caller must
 * hold the lock of the layout.
 */
export async function writeAtomically(
  path: string,
  content: string | Buffer,
  isAllowed?: () => Promise<boolean>,
): Promise<boolean> {
  const file = await createTemporaryWhileLocked(dirname(path))
  try {
    await file.append([Buffer.from(content)])
    if (!(await file.publish(path, isAllowed))) return false
  } finally {
    await file.close()
  }
  await syncDirectory(dirname(path))
  return true
}

/** Removes the temporary files of processes that were killed. The caller must hold the lock of the layout. */
export async function sweepTemporaries(directory: string): Promise<void> {
  if (!locksAvailable()) return
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(temporaryPrefix)) continue
    const path = join(directory, name)
    const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch(() => undefined)
    if (file === undefined) continue
    // Where locks do not work, the result is undefined, and the file may belong to a running process.
    if (tryLock(file.fd) === true) await unlink(path).catch(() => undefined)
    await file.close()
  }
}

/** Flushes the entries of `directory` to the disk, so that new names survive a power failure. */
export async function syncDirectory(directory: string): Promise<void> {
  const file = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

class Temporary implements TemporaryFile {
  readonly #file: PooledFile
  readonly #path: string
  readonly append: (chunks: readonly Buffer[]) => Promise<void>
  #published = false

  constructor(file: PooledFile, path: string) {
    this.#file = file
    this.#path = path
    this.append = appenderTo(file)
  }

  async publish(path: string, isAllowed?: () => Promise<boolean>): Promise<boolean> {
    await this.#file.sync()
    if (isAllowed && !(await isAllowed())) return false
    await rename(this.#path, path)
    this.#published = true
    return true
  }

  async close(): Promise<void> {
    try {
      if (!this.#published) await unlink(this.#path)
    } finally {
      await this.#file.close()
    }
  }
}

/** Returns a function that writes chunks to a file, one after the other from its start. */
export function appenderTo(file: PooledFile): (chunks: readonly Buffer[]) => Promise<void> {
  let length = 0
  return async (chunks) => {
    let rest = chunks
    while (rest.length > 0) {
      const written = await file.write(rest, length)
      length += written
      rest = skipBytes(rest, written)
    }
  }
}

/** Returns the bytes that follow the first `written` ones. A write to a disk may be partial. */
function skipBytes(chunks: readonly Buffer[], written: number): readonly Buffer[] {
  let left = written
  for (const [at, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(at + 1)]
    left -= chunk.length
  }
  return []
}
