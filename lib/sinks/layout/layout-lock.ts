/**
 * Excludes other writers of a layout that use this lock: other processes of this program, and other sinks of this
 * process. The lock is on the directory itself, so that it leaves no file.
 */
import { constants } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/index.js'
import { type SyncFile, open } from '../../system/files.js'
import { throwIfAborted } from './cancelled.js'
import { lockFile, locksAvailable } from '../../system/index.js'

/** The last queued work for each layout directory in this process. */
const queues = new Map<string, Promise<unknown>>()

/** Milliseconds between attempts to take the lock: the first and the longest pause, and the timeout. Specs shorten them. */
export const lockWaits = { first: 5, max: 100, total: 60_000 }

/**
 * Runs `work` while holding the lock of the layout in `directory`, which must exist. The lock is held only briefly, never while
 * content arrives.
 * @throws STORE_LOCKED after a minute; CANCELLED or the reason of `signal`; errors of `work`
 */
export async function withLayoutLock<T>(
  directory: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const before = queues.get(directory) ?? Promise.resolve()
  const turn = before.then(() => runLocked(directory, work, signal))
  const settled = turn.then(ignore, ignore)
  queues.set(directory, settled)
  try {
    return await turn
  } finally {
    if (queues.get(directory) === settled) queues.delete(directory)
  }
}

const ignore = (): void => undefined

async function runLocked<T>(
  directory: string,
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const file = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await takeLock(file, directory, signal)
    return await work()
  } finally {
    await file.close()
  }
}

async function takeLock(file: SyncFile, directory: string, signal: AbortSignal | undefined): Promise<void> {
  const began = performance.now()
  for (let pause = lockWaits.first; ; pause = Math.min(2 * pause, lockWaits.max)) {
    throwIfAborted(signal)
    if (tryLock(file.fd) !== false) return
    if (performance.now() - began > lockWaits.total)
      throw new WindlassError(
        'STORE_LOCKED',
        `Waited ${lockWaits.total / 1000} s for another process that writes to the layout ${printable(directory)}`,
        { path: directory, hint: 'Wait until it ends, or copy to another layout.' },
      )
    await delay(pause, undefined, signal && { signal }).catch(() => throwIfAborted(signal))
  }
}

/**
 * Takes the lock of an open file. Returns false if another holds it, and undefined where locks do not work, such as on some
 * network file systems.
 */
export function tryLock(fd: number): boolean | undefined {
  if (!locksAvailable()) return undefined
  try {
    return lockFile(fd, { exclusive: true, wait: false })
  } catch {
    return undefined
  }
}
