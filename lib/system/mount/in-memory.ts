/** Tells which files are on a file system that has no disk, where a sync does nothing and needs no thread. */
import { fstatSync, statfsSync } from 'node:fs'

/** `f_type` of tmpfs and ramfs, see statfs(2). */
const typesInMemory = new Set([0x01021994, 0x858458f6])

/** By device number. The system may use a number again for a disk: its syncs then run in the calling thread. */
const known = new Map<number, boolean>()

/** Reports whether the open file `fd` is on a file system in memory. False if that cannot be found out. */
export function isInMemory(fd: number): boolean {
  const { dev } = fstatSync(fd)
  const before = known.get(dev)
  if (before !== undefined) return before
  const found = typeIsInMemory(fd)
  known.set(dev, found)
  return found
}

function typeIsInMemory(fd: number): boolean {
  try {
    return typesInMemory.has(statfsSync(`/proc/self/fd/${fd}`).type)
  } catch {
    return false
  }
}
