/** Who holds a lock, and what that process is doing, as Linux tells it below /proc. Elsewhere nothing is known. */
import { readFileSync, statSync } from 'node:fs'

/**
 * The process that holds a `flock` lock on the file at `path`; undefined where none does, or where that cannot be told,
 * as of a process in another container.
 */
export function lockOwner(path: string): number | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return ownerIn(readFileSync('/proc/locks', 'utf8'), { dev, ino })
  } catch {
    return undefined
  }
}

/** Exported for its spec. `locks` is in the form of /proc/locks (proc_locks(5)). */
export function ownerIn(
  locks: string,
  { dev, ino }: { readonly dev: bigint; readonly ino: bigint },
): number | undefined {
  const device = `${hex(majorOf(dev))}:${hex(minorOf(dev))}`
  const flocks = locks
    .split('\n')
    .map((line) => /^\d+: FLOCK +\S+ +\S+ +(\d+) ([\da-f]+:[\da-f]+):(\d+) /.exec(line))
    .flatMap((found) => (found ? [{ pid: Number(found[1]), device: found[2], ino: found[3] }] : []))
    .filter((lock) => lock.pid > 0 && lock.ino === String(ino))
  // Some file systems show another device to stat(2) than to the kernel's list.
  const owner = flocks.find((lock) => lock.device === device) ?? (flocks.length === 1 ? flocks[0] : undefined)
  return owner?.pid
}

const hex = (value: bigint): string => value.toString(16).padStart(2, '0')
/** As gnu_dev_major(3) and gnu_dev_minor(3) take a device apart. */
const majorOf = (dev: bigint): bigint => ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn)
const minorOf = (dev: bigint): bigint => (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn)

/** Whether the process has been stopped, by a signal or by a debugger (proc_pid_stat(5)); false where that cannot be told. */
export function isStopped(pid: number): boolean {
  try {
    // The name of the program comes before, in parentheses, and may hold anything.
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0]
    return state === 'T' || state === 't'
  } catch {
    return false
  }
}
