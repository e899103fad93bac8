/** Describes the holder of a lock to the user, with a hint. */
import { isStopped, lockOwnerPid } from '../../system/lock-owner.js'
import { readIfRegular } from '../files/read-regular.js'

/** The holder of a lock. */
export interface LockHolder {
  /** The process id; undefined if unknown. */
  readonly pid: number | undefined
  /** Whether the process is stopped, for example with Ctrl-Z. */
  readonly stopped: boolean
}

/**
 * Returns the holder of the lock at `path`, from the kernel if possible, otherwise from the content of the lock file.
 */
export async function findLockHolder(path: string): Promise<LockHolder> {
  const writtenPid = async (): Promise<number | undefined> => {
    const [, pid] = /^process (\d+)$/.exec((await readIfRegular(path).catch(() => undefined)) ?? '') ?? []
    return pid === undefined ? undefined : Number(pid)
  }
  const pid = lockOwnerPid(path) ?? (await writtenPid())
  return { pid, stopped: pid !== undefined && isStopped(pid) }
}

/** Returns a phrase for messages: `process 123`, `process 123 (stopped)`, `this process (123)` or `another process`. */
export function describeHolder({ pid, stopped }: LockHolder): string {
  if (pid === undefined) return 'another process'
  if (pid === process.pid) return `this process (${pid})`
  return stopped ? `process ${pid} (stopped)` : `process ${pid}`
}

/** Returns a sentence that says how the user can end the wait for the lock at `path`. */
export function holderHint({ pid, stopped }: LockHolder, path: string): string {
  if (pid === undefined) return `Find that process with fuser -v ${path}, and wait until it ends.`
  if (stopped) return `Resume it with “kill -CONT ${pid}”, or end it with “kill -KILL ${pid}”.`
  return `Wait until it ends, or end it with “kill ${pid}”.`
}
