/**
 * Rewrites the files that are required to open a store: the version files and the list of names. Replaced files are
 * kept under another name in the same directory.
 */
import { randomBytes } from 'node:crypto'
import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setOwnerOfNewFiles, lstatIfThere, rename, statIfThere } from '../../system/files.js'
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
import { checkOwnership, ownerActedFor, writeRefusal } from '../layout/ownership.js'
import { hasStoreFiles } from '../layout/store-there.js'
import { readRegular } from '../files/read-regular.js'
import { withStoreErrors } from '../files/store-error.js'

/** A file that was rewritten. */
export interface RepairedFile {
  readonly path: string
  /** What was wrong, as a clause. */
  readonly why: string
}

/** Options of `repairFiles`. */
export interface RepairFilesOptions extends Omit<MetadataLockOptions, 'refusal'> {
  /** The user who has become root for this command, if known. In a store of that user, new files belong to that user. */
  readonly onBehalfOf?: number | undefined
}

/**
 * Rewrites the damaged files of the store in `directory` and returns them. Returns none if there is no store or if a
 * newer version created it.
 * @throws WindlassError STORE_CORRUPT when there is another kind of entry at the path of a file; STORE_DENIED in a store
 * of another user; STORE_* when the disk fails
 */
export async function repairFiles(
  directory: string,
  { onBehalfOf, ...locking }: RepairFilesOptions = {},
): Promise<RepairedFile[]> {
  return withStoreErrors('repair the store', directory, async () => {
    if (!(await statIfThere(directory))?.isDirectory()) return []
    const store = await realpath(directory)
    if (!(await hasStoreFiles(store)) || (await faultsOf(store)).length === 0) return []
    const owner = await ownerActedFor(store, onBehalfOf)
    // Opening the store, which follows, reports that other users can change it.
    await checkOwnership(store, owner, () => undefined)
    const refusal = await writeRefusal(store)
    if (refusal) throw refusal
    if (owner) setOwnerOfNewFiles(store, owner)
    return new MetadataLock(join(store, 'lock'), locking).hold(async () => {
      const faults = await faultsOf(store)
      for (const { path, text } of faults) await replaceFile(path, await text())
      return faults.map(({ path, why }) => ({ path, why }))
    })
  })
}

interface Fault extends RepairedFile {
  /** Returns the new content of the file. */
  readonly text: () => Promise<string>
}

async function faultsOf(store: string): Promise<Fault[]> {
  const version = await readRegular(join(store, versionFile))
  const hasVersionFile = version !== undefined
  const number = hasVersionFile ? memberOf(version, 'version') : undefined
  // A newer program must repair its own store.
  if (Number.isInteger(number) && Number(number) > storeVersion) return []
  const imageLayoutVersion = memberOf(
    (await readRegular(join(store, layoutFile))) ?? '',
    'imageLayoutVersion',
  )
  if (isNewerLayout(imageLayoutVersion)) return []
  const found: Fault[] = []
  const addFault = (name: string, why: string, text: () => Promise<string>): void => {
    found.push({ path: join(store, name), why, text })
  }
  if (hasVersionFile && number !== storeVersion)
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

function memberOf(text: string, name: string): unknown {
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

async function replaceFile(path: string, text: string): Promise<void> {
  if (await lstatIfThere(path)) await rename(path, await freeName(`${path}.moved`))
  const staged = join(dirname(path), `.new-${randomBytes(8).toString('hex')}`)
  await writeSynced(staged, text)
  await publish(staged, path)
}

async function freeName(path: string): Promise<string> {
  const names = new Set(await readdir(dirname(path)))
  for (let at = 0; ; at++) {
    const name = at === 0 ? path : `${path}-${at}`
    if (!names.has(basename(name))) return name
  }
}
