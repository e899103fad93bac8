/**
 * Rewrites the files that are required to open a store: `windlass.json`, `oci-layout` and `index.json`. A replaced file
 * is kept next to the new one with the suffix `.moved`.
 */
import { randomBytes } from 'node:crypto'
import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setOwnerOfNewFiles, lstatIfExists, rename, statIfExists } from '../../system/files.js'
import { publish, writeSynced } from '../files/durable.js'
import { IndexDocument } from '../names/index-document.js'
import { isObject, parseJson } from '../files/json-object.js'
import {
  isNewerLayout,
  layoutFile,
  layoutText,
  layoutVersion,
  storeVersion,
  versionFile,
  versionText,
} from '../files/layout-files.js'
import { rebuildIndex } from './rebuild-index.js'
import { MetadataLock, type MetadataLockOptions } from '../locks/metadata-lock.js'
import { checkOwnership, ownerRootActsFor, writeRefusal } from '../layout/ownership.js'
import { hasStoreFiles } from '../layout/store-there.js'
import { readRegular } from '../files/read-regular.js'
import { withStoreErrors } from '../files/store-error.js'

/** A file that was rewritten. */
export interface RepairedFile {
  readonly path: string
  /** What was wrong, as a clause: `it is missing`. */
  readonly why: string
}

/** Options of `repairFiles`. */
export interface RepairFilesOptions extends Omit<MetadataLockOptions, 'refusal'> {
  /**
   * The user who has become root for this command, if known. In a store of that user, new files belong to that user.
   */
  readonly onBehalfOf?: number | undefined
}

/**
 * Rewrites the damaged files of the store in `directory` and returns them. Returns an empty list if there is no store
 * or if a newer version of Windlass created it.
 * @throws WindlassError STORE_CORRUPT when there is another kind of entry at the path of a file; STORE_DENIED in a
 *   store of another user; STORE_* when the disk fails
 */
export async function repairFiles(
  directory: string,
  { onBehalfOf, ...lockOptions }: RepairFilesOptions = {},
): Promise<RepairedFile[]> {
  return withStoreErrors('repair the store', directory, async () => {
    if (!(await statIfExists(directory))?.isDirectory()) return []
    const store = await realpath(directory)
    if (!(await hasStoreFiles(store)) || (await findFaults(store)).length === 0) return []
    const owner = await ownerRootActsFor(store, onBehalfOf)
    // No warning if other users can change the store: the caller opens it next, which warns.
    await checkOwnership(store, owner, () => undefined)
    const refusal = await writeRefusal(store)
    if (refusal) throw refusal
    if (owner) setOwnerOfNewFiles(store, owner)
    return new MetadataLock(join(store, 'lock'), lockOptions).hold(async () => {
      // Checked again under the lock: another process may have repaired the files.
      const faults = await findFaults(store)
      for (const { path, text } of faults) await replaceFile(path, await text())
      return faults.map(({ path, why }) => ({ path, why }))
    })
  })
}

/** A file that must be rewritten. */
interface Fault extends RepairedFile {
  /** Returns the new content of the file. */
  readonly text: () => Promise<string>
}

async function findFaults(store: string): Promise<Fault[]> {
  const version = await readRegular(join(store, versionFile))
  const hasVersionFile = version !== undefined
  const storedVersion = hasVersionFile ? jsonMember(version, 'version') : undefined
  // A store of a newer version can only be repaired by that version.
  if (Number.isInteger(storedVersion) && Number(storedVersion) > storeVersion) return []
  const imageLayoutVersion = jsonMember(
    (await readRegular(join(store, layoutFile))) ?? '',
    'imageLayoutVersion',
  )
  if (isNewerLayout(imageLayoutVersion)) return []
  const found: Fault[] = []
  const addFault = (name: string, why: string, text: () => Promise<string>): void => {
    found.push({ path: join(store, name), why, text })
  }
  if (hasVersionFile && storedVersion !== storeVersion)
    addFault(versionFile, 'it does not state the version of the store', () => Promise.resolve(versionText))
  if (hasVersionFile ? imageLayoutVersion !== layoutVersion : typeof imageLayoutVersion !== 'string')
    addFault(layoutFile, 'it does not state the version of the layout', () => Promise.resolve(layoutText))
  const index = await readRegular(join(store, 'index.json'))
  if (!isIndex(index ?? ''))
    addFault('index.json', index === undefined ? 'it is missing' : 'it is not a list of names', () =>
      rebuildIndex(store),
    )
  return found
}

function jsonMember(text: string, name: string): unknown {
  const value = parseJson(text)
  return isObject(value) ? value[name] : undefined
}

function isIndex(text: string): boolean {
  try {
    IndexDocument.parse(text, '')
    return true
  } catch {
    return false
  }
}

/** Replaces the file durably. Keeps the old entry as `<path>.moved`, or with a number if that exists. */
async function replaceFile(path: string, text: string): Promise<void> {
  if (await lstatIfExists(path)) await rename(path, await unusedPath(`${path}.moved`))
  const staged = join(dirname(path), `.new-${randomBytes(8).toString('hex')}`)
  await writeSynced(staged, text)
  await publish(staged, path)
}

async function unusedPath(path: string): Promise<string> {
  const names = new Set(await readdir(dirname(path)))
  for (let at = 0; ; at++) {
    const name = at === 0 ? path : `${path}-${at}`
    if (!names.has(basename(name))) return name
  }
}
