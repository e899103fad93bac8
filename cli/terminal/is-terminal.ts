/** Whether a stream of the process was a terminal when the process started. */
import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Linux has /dev/null, /dev/zero and the like under this number. */
const memoryDevices = 1

/** Also of a terminal that has been closed since, which the system does not call a terminal any more. */
export function isTerminal(descriptor: number): boolean {
  if (isatty(descriptor)) return true
  try {
    const stats = fstatSync(descriptor)
    return stats.isCharacterDevice() && ((stats.rdev >> 8) & 0xfff) !== memoryDevices
  } catch {
    return false
  }
}
