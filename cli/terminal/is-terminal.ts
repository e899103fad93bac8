/** Detects whether a stream of the process was a terminal when the process started. */
import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Major device number of /dev/null, /dev/zero and similar devices on Linux. */
const memoryDeviceMajor = 1

/**
 * Reports whether a file descriptor is a terminal. A terminal that was closed meanwhile counts too, although `isatty`
 * does not recognise it any more.
 */
export function isTerminal(descriptor: number): boolean {
  if (isatty(descriptor)) return true
  try {
    const stats = fstatSync(descriptor)
    const major = (stats.rdev >> 8) & 0xfff // as in makedev(3)
    return stats.isCharacterDevice() && major !== memoryDeviceMajor
  } catch {
    return false
  }
}
