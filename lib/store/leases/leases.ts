/**
 * The leases of a store, each in a file `leases/ID.json`. A lease outlives the process that makes it, as a mount does, and ends
 * by itself. It is written to the staging directory, synced and renamed, so that a crash leaves either the whole lease or none.
 */
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { unlink } from '../../system/files.js'
import { ensureDirectory, publish, syncDirectory, writeSynced } from '../files/durable.js'
import { readIfRegular } from '../files/read-regular.js'
import { ignoreMissing, withStoreErrors } from '../files/store-error.js'
import type { Run } from '../staging/run.js'
import { formatLease, hasExpired, type Lease, type LeaseRecord, parseLease } from './lease-record.js'

const fileNamePattern = /^([0-9a-f]{16})\.json$/

/** The files of the leases of a store. */
export interface LeaseFiles {
  /** Leases that can be read, also expired ones, oldest first. */
  readonly leases: readonly LeaseRecord[]
  /** Ids of the leases whose files are damaged or of a newer version. */
  readonly damaged: readonly string[]
}

/** Makes, lists and removes the leases of one store. */
export class LeaseStore {
  constructor(
    private readonly directory: string,
    private readonly run: Run,
  ) {}

  /**
   * Makes a lease. The caller must hold what it protects, and have checked that it is in the store.
   * @throws WindlassError STORE_*
   */
  async add(lease: Omit<LeaseRecord, 'id'>): Promise<LeaseRecord> {
    this.run.assertWritable()
    return withStoreErrors('record a lease', this.directory, async () => {
      await ensureDirectory(this.directory)
      const record = { ...lease, id: randomBytes(8).toString('hex') }
      await this.run.withFreshPath('lease', undefined, async (staged) => {
        await writeSynced(staged, formatLease(record))
        await publish(staged, this.#path(record.id))
      })
      return record
    })
  }

  /** Returns all leases that have not been removed, also expired and damaged ones. @throws WindlassError STORE_* */
  list(): Promise<LeaseFiles> {
    return withStoreErrors('list the leases', this.directory, () => readLeaseFiles(this.directory))
  }

  /** Removes a lease, readable or not. Returns whether there was one. @throws WindlassError STORE_* */
  async remove(id: string): Promise<boolean> {
    this.run.assertWritable()
    if (!fileNamePattern.test(`${id}.json`)) return false
    return withStoreErrors('remove a lease', this.#path(id), () => removeLeases(this.directory, [id]))
  }

  #path(id: string): string {
    return join(this.directory, `${id}.json`)
  }
}

/** Reads the leases in `directory`. @throws the errors of `node:fs` */
export async function readLeaseFiles(directory: string): Promise<LeaseFiles> {
  const leases: LeaseRecord[] = []
  const damaged: string[] = []
  for (const name of (await ignoreMissing(readdir(directory))) ?? []) {
    const id = fileNamePattern.exec(name)?.[1]
    if (id === undefined) continue
    const path = join(directory, name)
    const text = await readIfRegular(path)
    const lease = text === undefined ? undefined : parseLease(text, id)
    if (lease) leases.push(lease)
    // A lease that was removed since the directory was listed is no damage.
    else if (text !== undefined || (await ignoreMissing(readdir(directory)))?.includes(name)) damaged.push(id)
  }
  leases.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  return { leases, damaged }
}

/**
 * Returns the leases in `directory` that have not expired at `now`, in milliseconds since 1970.
 * @throws WindlassError STORE_CORRUPT when a lease cannot be read, because it is then unknown what it protects; the
 * errors of `node:fs`
 */
export async function activeLeases(directory: string, now: number): Promise<readonly LeaseRecord[]> {
  const { leases, damaged } = await readLeaseFiles(directory)
  if (damaged[0] !== undefined) throw damagedLeaseError(directory, damaged[0])
  return leases.filter((lease) => !hasExpired(lease, now))
}

/** Returns the leases in `directory` that have expired at `now`. @throws the errors of `node:fs` */
export async function expiredLeases(directory: string, now: number): Promise<readonly LeaseRecord[]> {
  return (await readLeaseFiles(directory)).leases.filter((lease) => hasExpired(lease, now))
}

/** Returns a lease without the list of what it protects. */
export const withoutHolds = ({ id, owner, image, digest, createdAt, expiresAt }: LeaseRecord): Lease => ({
  ...{ id, owner, image, digest, createdAt },
  ...(expiresAt !== undefined && { expiresAt }),
})

/** Removes leases by their ids. Returns whether any existed. @throws the errors of `node:fs` */
export async function removeLeases(directory: string, ids: readonly string[]): Promise<boolean> {
  let removed = false
  for (const id of ids) {
    const path = join(directory, `${id}.json`)
    if ((await ignoreMissing(unlink(path).then(() => true))) === true) removed = true
  }
  if (removed) await syncDirectory(directory)
  return removed
}

function damagedLeaseError(directory: string, id: string): WindlassError {
  const path = join(directory, `${id}.json`)
  return new WindlassError(
    'STORE_CORRUPT',
    `Nothing was removed, because the lease ${id} is damaged or of a newer version: ${path}`,
    {
      path,
      hint: `Remove the lease with “windlass lease rm ${id}” if its owner does not need the image any more.`,
    },
  )
}
