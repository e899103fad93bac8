/** What of this folder works here. */
import { libc } from './libc.js'

/** Whether the whole of this folder works here: 64-bit Linux, with glibc or musl. */
export const available = (): boolean => process.platform === 'linux' && libc() !== undefined

/** Whether `lockFile` works here: also on macOS and FreeBSD. */
export const locksAvailable = (): boolean => libc() !== undefined
