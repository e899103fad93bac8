/** Describes leases for people. */
import { printable } from '../../lib/codec/printable.js'
import type { Lease } from '../../pipelines/index.js'

/** Returns a lease with its owner and its end: `the lease 0123456789abcdef of CI until 2026-01-02T03:04:05Z`. */
export const describeLease = ({ id, owner, expiresAt }: Pick<Lease, 'id' | 'owner' | 'expiresAt'>): string =>
  `the lease ${id} of ${printable(owner, 200)}${expiresAt === undefined ? '' : ` until ${formatTime(expiresAt)}`}`

/** Formats a time in milliseconds since 1970 as RFC 3339, in whole seconds. */
export const formatTime = (time: number): string =>
  time > maxTime ? 'the end of time' : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')

/** Last time that `Date` can express (ECMA-262, time values and time range). */
const maxTime = 8.64e15
