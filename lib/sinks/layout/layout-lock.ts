/**
 * Provides the lock of a layout. It excludes other processes of Windlass and other sinks of this process, but not other
 * programs. The directory itself is locked, so there is no lock file.
 */
import { constants } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/index.js'
import { type SyncFile, open } from '../../system/files.js'
import { throwIfAborted } from './cancelled.js'
import { lockFile, locksAvailable } from '../../system/index.js'

/** The last queued work of this process for each layout directory. */
const queues = new Map<string, Promise<unknown>>()

/**
 * Milliseconds: the first and the longest pause between two attempts to take the lock, and the total time after which
 * to give up. Specs shorten them.
 */
export const lockTimes = { first: 5, max: 100, total: 60_000 }

/**
 * Runs `work` while holding the lock of the layout in `directory`, which must exist. `work` must be
 * short: no other process can write to the layout meanwhile.
 * @throws STORE_LOCKED after a minute; CANCELLED or the reason of `signal`; errors of `work`
 */
export async function withLayoutLock<T>(
  directory: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const previous = queues.get(directory) ?? Promise.resolve()
  const run = previous.then(() => runLocked(directory, work, signal))
  const settled = run.then(ignore, ignore)
  queues.set(directory, settled)
  try {
    return await run
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
  const startedAt = performance.now()
  for (let pause = lockTimes.first; ; pause = Math.min(2 * pause, lockTimes.max)) {
    throwIfAborted(signal)
    if (tryLock(file.fd) !== false) return
    if (performance.now() - startedAt > lockTimes.total)
      throw new WindlassError(
        'STORE_LOCKED',
        `Waited ${lockTimes.total / 1000} s for another process that writes to the layout ${printable(directory)}`,
        { path: directory, hint: 'Wait until it ends, or copy to another layout.' },
      )
    await delay(pause, undefined, signal && { signal }).catch(() => throwIfAborted(signal))
  }
}

/**
 * Takes the lock of an open file. Returns false if another process or file handle holds it, and undefined where
 * locks do not work, for example on some network file systems.
 */
export function tryLock(fd: number): boolean | undefined {
  if (!locksAvailable()) return undefined
  try {
    return lockFile(fd, { exclusive: true, wait: false })
  } catch {
    return undefined
  }
}
