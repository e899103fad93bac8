/** Reports which parts of this folder work on the current platform. */
import { libc } from './libc.js'

/** Reports whether every function of this folder works. True on 64-bit Linux with glibc or musl. */
export const systemCallsAvailable = (): boolean => process.platform === 'linux' && libc() !== undefined

/** Reports whether `lockFile` works. True on 64-bit Linux, macOS and FreeBSD. */
export const locksAvailable = (): boolean => libc() !== undefined
