/** Opens and creates the directory structure of a store. */
import { randomBytes } from 'node:crypto'
import { readdir, readlink, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/index.js'
import {
  chmod,
  setOwnerOfNewFiles,
  lstatIfExists,
  missingDirectories,
  mkdir,
  statIfExists,
  unlink,
} from '../../system/files.js'
import { ensureDirectory, notADirectoryError, publish, syncDirectory, writeSynced } from '../files/durable.js'
import { emptyIndex } from '../names/index-document.js'
import { isObject, parseJson } from '../files/json-object.js'
import {
  isNewerLayout,
  layoutFile,
  layoutText,
  storeVersion,
  versionFile,
  versionText,
} from '../files/layout-files.js'
import { MetadataLock, type MetadataLockOptions } from '../locks/metadata-lock.js'
import { checkOwner, checkOwnership, ownerRootActsFor, type StoreOwner, writeRefusal } from './ownership.js'
import { readRegular } from '../files/read-regular.js'
import { errnoOf, isNotWritableError, withStoreErrors } from '../files/store-error.js'
import { noStoreError } from './store-there.js'
import { recoveryHints } from '../files/recovery-hints.js'

/** Directories with a subdirectory for each digest algorithm. */
const contentDirectories = ['blobs', 'layers', 'partial']
const directories = [...contentDirectories, 'staging']
/**
 * Names of the entries of a store. Includes `oci-layout`, because another process may have created the store since this
 * process looked for that file.
 */
const storeEntryNames = new Set([...directories, 'index.json', versionFile, layoutFile, 'lock', 'history'])

/** Options of `openLayout`. */
export interface LayoutOptions extends Pick<MetadataLockOptions, 'signal'> {
  /** Create the store if it does not exist. */
  readonly create: boolean
  /** The user who has become root for this command, if known. */
  readonly onBehalfOf: number | undefined
  /** Receives messages about the lock of the store. */
  readonly warn: (message: string, code?: string) => void
  /** Receives the message that other users can change the store. */
  readonly onUnsafe: (message: string) => void
}

/** An opened store. */
export interface OpenedLayout {
  /** The path of the store with links resolved. */
  readonly store: string
  /** The user for whom root uses the store, and who owns what is created in it. */
  readonly owner: StoreOwner | undefined
  /** The error for every write, if the store belongs to another user. Such a store can only be read. */
  readonly refusal: WindlassError | undefined
}

/**
 * Opens or creates the store in `directory`.
 * @throws WindlassError STORE_CORRUPT when the directory is not a store, or its version is newer; STORE_LOCKED;
 * STORE_DENIED, also when root would use another user's store; STORE_READ_ONLY, STORE_FULL, STORE_IO
 */
export async function openLayout(
  directory: string,
  { create, onBehalfOf, warn, onUnsafe, signal }: LayoutOptions,
): Promise<OpenedLayout> {
  return withStoreErrors('open the store', directory, async () => {
    if (create) await makeDirectoryAndParents(directory, onBehalfOf)
    else if (!(await statIfExists(directory))) throw noStoreError(directory)
    const store = await realpath(directory)
    const owner = await ownerRootActsFor(store, onBehalfOf)
    if (owner) setOwnerOfNewFiles(store, owner)
    const layout = await readRegular(join(store, layoutFile))
    if (layout === undefined && !create) throw noStoreError(store)
    if (layout === undefined) await checkOwner(store, owner)
    else await checkOwnership(store, owner, onUnsafe)
    await checkVersion(store)
    const refusal = await writeRefusal(store)
    if (layout === undefined) {
      if (refusal) throw refusal
      await createStore(store, { warn, signal })
      // The directory may have had content of another user before.
      await checkOwnership(store, owner, onUnsafe)
    } else {
      checkLayout(layout, store)
      await rejectLinks(store)
      if (!refusal) await addMissingDirectories(store)
    }
    return { store, owner, refusal }
  })
}

/**
 * Creates `path` and its missing parents, and syncs them. If root acts on behalf of the owner of the parent, the new
 * directory belongs to that owner.
 */
async function makeDirectoryAndParents(path: string, onBehalfOf: number | undefined): Promise<void> {
  for (const each of await missingDirectories(path))
    try {
      const owner = await ownerRootActsFor(dirname(each), onBehalfOf)
      if (owner) setOwnerOfNewFiles(each, owner)
      await mkdir(each, 0o700)
      await syncParent(each)
    } catch (error) {
      if (errnoOf(error) === 'EEXIST' && (await statIfExists(each))?.isDirectory()) continue
      throw (await danglingLinkError(each)) ?? error
    }
}

/** Returns the error if `path` or its parent is a dangling symbolic link; otherwise undefined. */
async function danglingLinkError(path: string): Promise<WindlassError | undefined> {
  for (const each of [path, dirname(path)])
    if ((await lstatIfExists(each))?.isSymbolicLink() && !(await statIfExists(each)))
      return new WindlassError(
        'STORE_DENIED',
        `Failed to open the store: ${each} is a symbolic link to a path that does not exist`,
        {
          path: each,
          hint: recoveryHints.makeTarget(resolve(dirname(each), await readlink(each))),
        },
      )
  return undefined
}

/**
 * Syncs the parent of `path`. Ignores a parent that cannot be read or synced, because it is not part of the store.
 */
async function syncParent(path: string): Promise<void> {
  await syncDirectory(dirname(path)).catch((error: unknown) => {
    if (!['EACCES', 'EPERM', 'EINVAL', 'EROFS'].includes(errnoOf(error) ?? '')) throw error
  })
}

/** Creates a store. `oci-layout` is written last, because it marks the directory as a store. */
async function createStore(store: string, locking: MetadataLockOptions): Promise<void> {
  const names = await readdir(store)
  // With a version file, the directory is a store that has lost its `oci-layout`. It may contain other files.
  const unexpectedPaths = names.includes(versionFile)
    ? []
    : names.filter((name) => !storeEntryNames.has(name) && !name.startsWith('.new-'))
  if (unexpectedPaths.length > 0)
    throw new WindlassError('STORE_CORRUPT', `${store} is not a store: it contains other files`, {
      path: store,
      hint: recoveryHints.anotherStore,
    })
  await chmod(store, 0o700)
  // The process that created the directory may have been killed before syncing it.
  await syncParent(store)
  await new MetadataLock(join(store, 'lock'), locking).hold(async () => {
    // Remove the files of a process that was killed while it held this lock.
    for (const name of await readdir(store)) if (name.startsWith('.new-')) await unlink(join(store, name))
    for (const name of directories) await ensureDirectory(join(store, name))
    await writeIfMissing(join(store, 'index.json'), emptyIndex)
    await writeIfMissing(join(store, versionFile), versionText)
    // The killed process may have created entries without syncing the directory.
    await syncDirectory(store)
    await writeIfMissing(join(store, layoutFile), layoutText)
  })
}

/** Rejects links inside the store, for example in place of `blobs/sha256`. The store itself may be a link. */
async function rejectLinks(store: string): Promise<void> {
  for (const name of contentDirectories)
    for (const algorithm of ['', 'sha256', 'sha384', 'sha512']) {
      const path = join(store, name, algorithm)
      const found = await lstatIfExists(path)
      if (found && !found.isDirectory()) throw notADirectoryError(path)
    }
}

/** Creates missing directories, as in a layout that another tool created, and removes the access of other users. */
async function addMissingDirectories(store: string): Promise<void> {
  for (const name of directories) {
    const path = join(store, name)
    const found = await lstatIfExists(path)
    try {
      if (!found?.isDirectory()) await ensureDirectory(path)
      // Layers contain setuid files, so other users must not have access (CVE-2021-41091, CVE-2024-25621).
      else if (name !== 'blobs' && (found.mode & 0o077) !== 0) await chmod(path, 0o700)
    } catch (error) {
      // The store can still be read; the first write reports the error.
      if (!isNotWritableError(error)) throw error
    }
  }
}

/** Writes a file durably, unless `path` exists. */
async function writeIfMissing(path: string, text: string): Promise<void> {
  if (await lstatIfExists(path)) return
  const staged = join(path, '..', `.new-${randomBytes(8).toString('hex')}`)
  await writeSynced(staged, text)
  await publish(staged, path)
}

/**
 * Checks the version in `oci-layout`, whose content is `text` (image-spec, image-layout.md). Current tools write
 * 1.0.0.
 */
function checkLayout(text: string, store: string): void {
  const layout = parseJson(text)
  const version = isObject(layout) ? layout['imageLayoutVersion'] : undefined
  if (typeof version !== 'string')
    throw unusableStoreError(store, `${layoutFile} cannot be read`, recoveryHints.rewrite)
  if (isNewerLayout(version))
    throw unusableStoreError(
      store,
      `its image layout has the unsupported version ${quoted(version)}`,
      recoveryHints.newerProgram,
    )
}

async function checkVersion(store: string): Promise<void> {
  const text = await readRegular(join(store, versionFile))
  if (text === undefined) return // a layout of another tool
  const value = parseJson(text)
  const version = isObject(value) ? value['version'] : undefined
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw unusableStoreError(store, `${versionFile} cannot be read`, recoveryHints.rewrite)
  if (version > storeVersion)
    throw unusableStoreError(
      store,
      `a newer version of Windlass created it (store version ${version})`,
      recoveryHints.newerProgram,
    )
}

const unusableStoreError = (store: string, why: string, hint: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `The store at ${store} cannot be used: ${why}`, {
    path: store,
    hint,
  })
