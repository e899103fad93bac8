/** Reports which process holds a lock and whether it is stopped, from /proc. Only Linux provides this information. */
import { readFileSync, statSync } from 'node:fs'

/**
 * Returns the id of the process that holds a `flock` lock on the file at `path`. Returns undefined if there is none or
 * if the process is not visible, for example in another container.
 */
export function lockOwnerPid(path: string): number | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return parseLockOwner(readFileSync('/proc/locks', 'utf8'), { dev, ino })
  } catch {
    return undefined
  }
}

/**
 * Finds the process that locks the file `dev`, `ino` in `locks`, the text of /proc/locks (proc_locks(5)). Exported for
 * its spec.
 */
export function parseLockOwner(
  locks: string,
  { dev, ino }: { readonly dev: bigint; readonly ino: bigint },
): number | undefined {
  const device = `${hex(majorOf(dev))}:${hex(minorOf(dev))}`
  const flocks = locks
    .split('\n')
    .map((line) => /^\d+: FLOCK +\S+ +\S+ +(\d+) ([\da-f]+:[\da-f]+):(\d+) /.exec(line))
    .flatMap((found) => (found ? [{ pid: Number(found[1]), device: found[2], ino: found[3] }] : []))
    .filter((lock) => lock.pid > 0 && lock.ino === String(ino))
  // On some file systems, stat(2) and /proc/locks report different devices. Then the inode must be unique.
  const owner = flocks.find((lock) => lock.device === device) ?? (flocks.length === 1 ? flocks[0] : undefined)
  return owner?.pid
}

const hex = (value: bigint): string => value.toString(16).padStart(2, '0')
/** The parts of a device number, as in gnu_dev_major(3) and gnu_dev_minor(3). */
const majorOf = (dev: bigint): bigint => ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn)
const minorOf = (dev: bigint): bigint => (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn)

/** Reports whether the process is stopped by a signal or a debugger (proc_pid_stat(5)); false if that is unknown. */
export function isStopped(pid: number): boolean {
  try {
    // The state follows the program name, which is in parentheses and may contain any character.
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0]
    return state === 'T' || state === 't'
  } catch {
    return false
  }
}
