/**
 * The mounts of a store, each in a directory `mounts/ID` with its record and the files that the mount needs. A mount
 * outlives the process that makes it, so its record, and not the run of the process, protects the layers from garbage
 * collection.
 */
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfExists, mkdir, open, rename } from '../../system/files.js'
import { ensureDirectory } from '../files/durable.js'
import { readIfRegular } from '../files/read-regular.js'
import { removeTree } from '../files/remove-tree.js'
import { ignoreMissing, withStoreErrors } from '../files/store-error.js'
import { formatMountRecord, type MountRecord, parseMountRecord } from './mount-record.js'

const recordName = 'mount.json'
/** Suffix of a directory whose record is being written. */
const unfinishedSuffix = '.new'
/** Age in milliseconds from which an unfinished directory belongs to a process that was killed. */
const abandonedAfter = 3_600_000

/** The records of the mounts of one store. */
export class MountRecords {
  /** @param directory the directory of the mounts @param assertWritable throws if the store belongs to another user */
  constructor(
    private readonly directory: string,
    private readonly assertWritable: () => void,
  ) {}

  /** Returns the directory of the mount `id`. */
  path(id: string): string {
    return join(this.directory, id)
  }

  /**
   * Records a mount before it is made, and creates its directory. From then on, garbage collection keeps what it needs.
   * @throws WindlassError STORE_*
   */
  async begin(mount: Omit<MountRecord, 'id'>): Promise<MountRecord> {
    this.assertWritable()
    return withStoreErrors('record a mount', this.directory, async () => {
      await ensureDirectory(this.directory)
      await this.#sweep()
      const record = { ...mount, id: randomBytes(8).toString('hex') }
      const unfinished = `${this.path(record.id)}${unfinishedSuffix}`
      await mkdir(unfinished, 0o700)
      await this.#write(unfinished, record)
      await rename(unfinished, this.path(record.id))
      return record
    })
  }

  /** Replaces the record of a mount. @throws WindlassError STORE_* */
  update(record: MountRecord): Promise<void> {
    return withStoreErrors('record a mount', this.path(record.id), () =>
      this.#write(this.path(record.id), record),
    )
  }

  /** Returns all mounts, also those that processes left when they were killed. @throws WindlassError STORE_* */
  list(): Promise<readonly MountRecord[]> {
    return withStoreErrors('list the mounts', this.directory, () => readMountRecords(this.directory))
  }

  /** Removes the record of a mount with its files. The file systems must be unmounted. @throws WindlassError STORE_* */
  remove(id: string): Promise<void> {
    return withStoreErrors('remove the files of a mount', this.path(id), () => removeTree(this.path(id)))
  }

  async #write(directory: string, record: MountRecord): Promise<void> {
    const path = join(directory, recordName)
    const file = await open(`${path}${unfinishedSuffix}`, 'w', 0o600)
    try {
      await file.write(formatMountRecord(record))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}${unfinishedSuffix}`, path)
  }

  /** Removes the directories of processes that were killed before they recorded a mount. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!name.endsWith(unfinishedSuffix)) continue
      const path = join(this.directory, name)
      const found = await lstatIfExists(path)
      if (found && Date.now() - found.mtimeMs > abandonedAfter) await removeTree(path)
    }
  }
}

/**
 * Reads the records of the mounts below `directory`.
 * @throws WindlassError STORE_CORRUPT when a record cannot be read, because its digests are then unknown; the errors of
 * `node:fs`
 */
export async function readMountRecords(directory: string): Promise<MountRecord[]> {
  const records: MountRecord[] = []
  for (const id of (await ignoreMissing(readdir(directory))) ?? []) {
    if (!/^[0-9a-f]{16}$/.test(id)) continue
    const path = join(directory, id)
    const text = await readIfRegular(join(path, recordName))
    const record = text === undefined ? undefined : parseMountRecord(text, id)
    if (record) records.push(record)
    // Another process may be removing the mount: its record goes before its directory.
    else if (text !== undefined) throw unreadableError(path)
  }
  return records
}

const unreadableError = (path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `The record of a mount is damaged or of a newer version: ${path}`, {
    path,
    hint: 'Unmount what is mounted from it (see /proc/self/mountinfo), then remove that directory.',
  })
