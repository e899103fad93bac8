/** Finds who needs content of the store besides the names: running processes, mounts and leases. */
import { join } from 'node:path'
import type { Digest } from '../../image/index.js'
import { activeLeases } from '../leases/leases.js'
import type { LeaseRecord } from '../leases/lease-record.js'
import type { MountRecord } from '../mounts/mount-record.js'
import { readMountRecords } from '../mounts/mount-records.js'
import { digestsHeldByRuns } from '../staging/holds.js'

/** Who needs the content of a store. */
export interface Holders {
  /** What running processes need. */
  readonly runs: ReadonlySet<Digest>
  readonly mounts: readonly MountRecord[]
  /** Leases that have not expired. */
  readonly leases: readonly LeaseRecord[]
  /** Everything that any of them needs. */
  readonly digests: ReadonlySet<Digest>
}

/**
 * Finds the holders of content in `store`. The caller must hold the store's lock, under which processes record what they need.
 * @param now the time at which leases are compared, in milliseconds since 1970
 * @throws WindlassError STORE_CORRUPT when it is unknown what a mount or a lease needs; the errors of `node:fs`
 */
export async function findHolders(store: string, now: number): Promise<Holders> {
  const runs = await digestsHeldByRuns(join(store, 'staging'))
  const mounts = await readMountRecords(join(store, 'mounts'))
  const leases = await activeLeases(join(store, 'leases'), now)
  const digests = new Set([...runs, ...[...mounts, ...leases].flatMap(({ holds }) => holds)])
  return { runs, mounts, leases, digests }
}
