/**
 * The bare bones of a store on disk: tells a store from what is none, and makes a new one.
 */
import { randomBytes } from 'node:crypto'
import { readdir, readlink, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/index.js'
import { chmod, giveNewFiles, lstatIfThere, mkdir, statIfThere, unlink } from '../../system/files.js'
import { ensureDirectory, notADirectory, publish, syncDirectory, writeSynced } from '../files/durable.js'
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
import { checkOwner, checkOwnership, ownerServed, type StoreOwner } from './ownership.js'
import { readRegular } from '../files/read-regular.js'
import { codeOf, isNotWritable, storing } from '../files/store-error.js'
import { noStore } from './store-there.js'
import { waysOut } from '../files/ways-out.js'

const directories = ['blobs', 'layers', 'partial', 'staging']
/** `oci-layout` too: another process may have made the store since it was looked for. */
const ours = new Set([...directories, 'index.json', versionFile, layoutFile, 'lock'])

export interface LayoutOptions extends Pick<MetadataLockOptions, 'signal'> {
  /** Make the store where there is none. */
  readonly create: boolean
  /** The user who has become root for this, if that is known. */
  readonly onBehalfOf: number | undefined
  /** Hears of who holds the lock of the store. */
  readonly warn: (message: string, code?: string) => void
  /** Hears of a store that others can change. */
  readonly onUnsafe: (message: string) => void
}

export interface OpenedLayout {
  /** The resolved path of the store. */
  readonly store: string
  /** Whom root uses it for: what is made in it is that user's. */
  readonly owner: StoreOwner | undefined
}

/** Opens the store in `directory`. @throws WindlassError */
export async function openLayout(
  directory: string,
  { create, onBehalfOf, warn, onUnsafe, signal }: LayoutOptions,
): Promise<OpenedLayout> {
  return storing('open the store', directory, async () => {
    if (create) await makeDirectories(resolve(directory), onBehalfOf)
    else if (!(await statIfThere(directory))) throw noStore(directory)
    const store = await realpath(directory)
    const owner = await ownerServed(store, onBehalfOf)
    if (owner) giveNewFiles(store, owner)
    const layout = await readRegular(join(store, layoutFile))
    if (layout === undefined && !create) throw noStore(store)
    if (layout === undefined) await checkOwner(store, owner)
    else await checkOwnership(store, owner, onUnsafe)
    await checkVersion(store)
    if (layout === undefined) {
      await begin(store, { warn, signal })
      // What stood there before, and whose it is.
      await checkOwnership(store, owner, onUnsafe)
    } else {
      checkLayout(layout, store)
      await refuseLinks(store)
      await complete(store)
    }
    return { store, owner }
  })
}

/** Node's own recursive mkdir says ENOENT where the file system is read-only. */
async function makeDirectories(path: string, onBehalfOf: number | undefined): Promise<void> {
  const missing = [path]
  for (
    let above = dirname(path);
    !(await lstatIfThere(above)) && above !== dirname(above);
    above = dirname(above)
  )
    missing.push(above)
  for (const each of missing.reverse())
    try {
      const owner = await ownerServed(dirname(each), onBehalfOf)
      if (owner) giveNewFiles(each, owner)
      await mkdir(each, 0o700)
      await syncParent(each)
    } catch (error) {
      if (codeOf(error) === 'EEXIST' && (await statIfThere(each))?.isDirectory()) continue
      throw (await danglingLink(each)) ?? error
    }
}

/** The error of a symbolic link at `path`, or in place of its parent, that leads to nothing; undefined where there is none. */
async function danglingLink(path: string): Promise<WindlassError | undefined> {
  for (const each of [path, dirname(path)])
    if ((await lstatIfThere(each))?.isSymbolicLink() && !(await statIfThere(each)))
      return new WindlassError(
        'STORE_DENIED',
        `Opening the store: ${each} is a symbolic link that leads to nothing`,
        {
          path: each,
          hint: waysOut.makeTarget(resolve(dirname(each), await readlink(each))),
        },
      )
  return undefined
}

/** A parent that may be written to and not read, or not be synced at all, is not ours: a store in it works all the same. */
async function syncParent(path: string): Promise<void> {
  await syncDirectory(dirname(path)).catch((error: unknown) => {
    if (!['EACCES', 'EPERM', 'EINVAL', 'EROFS'].includes(codeOf(error) ?? '')) throw error
  })
}

/** Makes a store; `oci-layout` comes last, for it says that this is one. */
async function begin(store: string, locking: MetadataLockOptions): Promise<void> {
  const names = await readdir(store)
  // A store that has lost its `oci-layout` may have anything beside.
  const unexpectedPaths = names.includes(versionFile)
    ? []
    : names.filter((name) => !ours.has(name) && !name.startsWith('.new-'))
  if (unexpectedPaths.length > 0)
    throw new WindlassError('STORE_CORRUPT', `${store} is not a store, and there is something else in it`, {
      path: store,
      hint: waysOut.anotherStore,
    })
  await chmod(store, 0o700)
  // Whoever made the directory may have been killed before it was synced.
  await syncParent(store)
  await new MetadataLock(join(store, 'lock'), locking).hold(async () => {
    // Whoever began before us was killed: they had this lock.
    for (const name of await readdir(store)) if (name.startsWith('.new-')) await unlink(join(store, name))
    for (const name of directories) await ensureDirectory(join(store, name))
    await writeOnce(join(store, 'index.json'), emptyIndex)
    await writeOnce(join(store, versionFile), versionText)
    // What one before us made may have got its name and not be on the disk.
    await syncDirectory(store)
    await writeOnce(join(store, layoutFile), layoutText)
  })
}

/** The store itself may be a link; below it nothing is followed, as a link in the place of `blobs/sha256` would be. */
async function refuseLinks(store: string): Promise<void> {
  for (const name of directories.slice(0, 3))
    for (const algorithm of ['', 'sha256', 'sha384', 'sha512']) {
      const path = join(store, name, algorithm)
      const found = await lstatIfThere(path)
      if (found && !found.isDirectory()) throw notADirectory(path)
    }
}

/** Makes what a layout of another tool lacks, where it may. */
async function complete(store: string): Promise<void> {
  for (const name of directories) {
    const path = join(store, name)
    const found = await lstatIfThere(path)
    try {
      if (!found?.isDirectory()) await ensureDirectory(path)
      // Trees with setuid files stand in here: nobody else may walk in (CVE-2021-41091, CVE-2024-25621).
      else if (name !== 'blobs' && (found.mode & 0o077) !== 0) await chmod(path, 0o700)
    } catch (error) {
      // It can be read all the same; the first write says what is wrong.
      if (!isNotWritable(error)) throw error
    }
  }
}

async function writeOnce(path: string, text: string): Promise<void> {
  if (await lstatIfThere(path)) return
  const staged = join(path, '..', `.new-${randomBytes(8).toString('hex')}`)
  await writeSynced(staged, text)
  await publish(staged, path)
}

/** The version is that of image-spec's image-layout.md; tools of today write 1.0.0. */
function checkLayout(text: string, store: string): void {
  const layout = parseJson(text)
  const version = isObject(layout) ? layout['imageLayoutVersion'] : undefined
  if (typeof version !== 'string') throw corrupt(store, `${layoutFile} cannot be read`, waysOut.rewrite)
  if (isNewerLayout(version))
    throw corrupt(store, `its image layout has version ${quoted(version)}`, waysOut.newerProgram)
}

async function checkVersion(store: string): Promise<void> {
  const text = await readRegular(join(store, versionFile))
  if (text === undefined) return // a layout of another tool
  const value = parseJson(text)
  const version = isObject(value) ? value['version'] : undefined
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw corrupt(store, `${versionFile} cannot be read`, waysOut.rewrite)
  if (version > storeVersion)
    throw corrupt(
      store,
      `a newer version of this program made it (store version ${version})`,
      waysOut.newerProgram,
    )
}

const corrupt = (store: string, why: string, hint: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `The store at ${store} cannot be used: ${why}`, {
    path: store,
    hint,
  })
