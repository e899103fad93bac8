/** Who holds a lock of the store, in words, and what can be done about it. */
import { isStopped, lockOwner } from '../../system/lock-owner.js'
import { readIfRegular } from '../files/read-regular.js'

export interface LockHolder {
  /** Undefined where nothing tells who it is. */
  readonly pid: number | undefined
  /** Whether it was stopped, as by Ctrl-Z, and does nothing until it is told to go on. */
  readonly stopped: boolean
}

/** The holder of the lock at `path`: as the kernel knows it, else as the holder has signed. */
export async function lockHolder(path: string): Promise<LockHolder> {
  const signed = async (): Promise<number | undefined> => {
    const [, pid] = /^process (\d+)$/.exec((await readIfRegular(path).catch(() => undefined)) ?? '') ?? []
    return pid === undefined ? undefined : Number(pid)
  }
  const pid = lockOwner(path) ?? (await signed())
  return { pid, stopped: pid !== undefined && isStopped(pid) }
}

/** `process 123`, and what is known of it. */
export function holderWords({ pid, stopped }: LockHolder): string {
  if (pid === undefined) return 'another process'
  if (pid === process.pid) return `this process (${pid})`
  return stopped ? `process ${pid} (stopped)` : `process ${pid}`
}

/** What the user can do, as a sentence. */
export function holderHint({ pid, stopped }: LockHolder, path: string): string {
  if (pid === undefined) return `See who that is (fuser -v ${path}), and let it end.`
  if (stopped) return `Let it go on with “kill -CONT ${pid}”, or end it with “kill -KILL ${pid}”.`
  return `Wait until it ends, or end it with “kill ${pid}”.`
}
