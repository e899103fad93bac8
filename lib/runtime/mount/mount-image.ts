/** Makes the tree of an image available in a directory: mounts it, or makes it of shared files. */
import { lstatSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { LayerSource, UnpackPool } from '../../archive/index.js'
import { quoted } from '../../codec/printable.js'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import { makeDirectories, rename } from '../../system/files.js'
import { errnoOf, fileFailure, ownMountNamespace, systemCallsAvailable } from '../../system/index.js'
import {
  type MountMethod,
  type MountRecord,
  type Store,
  type StoredLayer,
  recoveryHints,
} from '../../store/index.js'
import { buildTree } from '../tree/build-tree.js'
import { correctionSteps } from '../tree/corrections.js'
import { readLayers } from '../tree/read-layers.js'
import { mountSource } from './mount-source.js'
import { removeMount } from './remove-mount.js'
import { mountOverlay, overlayXattrs } from './overlay-layers.js'

/** An image to mount. Its layers are in the store, unpacked. */
export interface ImageToMount {
  readonly name: string
  readonly manifestDigest: Digest
  /** Base first. */
  readonly layers: readonly { readonly digest: Digest; readonly diffID: Digest; readonly size: number }[]
  /** Further digests that the image needs: its config, and its index. */
  readonly documents: readonly Digest[]
}

/** How to mount an image. */
export interface MountSettings {
  /** Directory to mount at. It must be empty or must not exist. */
  readonly target: string
  /** Whether the tree can be written to. Nothing that is written changes the store. */
  readonly writable: boolean
  /** Directory that keeps what is written; undefined to remove it with the mount. Requires `overlay`. */
  readonly changes?: string | undefined
  /** Undefined for the first method that this process can use. */
  readonly method?: MountMethod | undefined
  readonly signal: AbortSignal
  readonly onWarning: (code: string, message: string) => void
}

/** Parts of the program that mount an image. */
export interface MountParts {
  readonly store: Store
  readonly pool: UnpackPool
}

/**
 * Mounts an image. The layers are kept by garbage collection until `removeMount`.
 * @throws WindlassError USAGE for a directory that is not empty; UNSUPPORTED when the method cannot be used here; STORE_*
 */
export async function mountImage(
  image: ImageToMount,
  settings: MountSettings,
  parts: MountParts,
): Promise<MountRecord> {
  const { store } = parts
  const { writable, method, changes } = settings
  const { target, made } = await prepareTarget(settings.target)
  const layers = await findLayers(image, store)
  const namespace = ownMountNamespace()
  const failures: { readonly method: MountMethod; readonly error: unknown }[] = []
  for (const each of method === undefined ? methodsFor(writable, changes) : [method]) {
    const record = await store.mounts.begin({
      ...{ target, image: image.name, manifest: image.manifestDigest, method: each, writable },
      madeTarget: made,
      ...(namespace !== undefined && { namespace }),
      holds: [
        ...new Set([
          image.manifestDigest,
          ...image.documents,
          ...image.layers.flatMap(({ digest, diffID }) => [digest, diffID]),
        ]),
      ],
    })
    try {
      const mounted = await makeTree(record, { layers, image, settings: { ...settings, target }, parts })
      const [first] = failures
      if (first) settings.onWarning('MOUNT_FALLBACK', fallbackMessage(target, each, first))
      return mounted
    } catch (error) {
      await removeMount(record, store).catch(() => undefined) // report the first error
      if (method !== undefined || !isUnsupported(error)) throw mountFailure(error, target, each)
      failures.push({ method: each, error })
      if (made) makeTarget(target)
    }
  }
  if (made) rmdirSync(target)
  const last = failures.at(-1)
  throw mountFailure(last?.error, target, last?.method ?? 'overlay')
}

/** Returns the methods to try, in order. Hard links must not be written to, because the store has the same files. */
const methodsFor = (writable: boolean, changes: string | undefined): readonly MountMethod[] =>
  changes !== undefined
    ? ['overlay']
    : writable
      ? ['overlay', 'reflink', 'copy']
      : ['overlay', 'reflink', 'link', 'copy']

interface TreeRequest {
  readonly layers: readonly StoredLayer[]
  readonly image: ImageToMount
  readonly settings: MountSettings
  readonly parts: MountParts
}

async function makeTree(
  record: MountRecord,
  { layers, image, settings, parts }: TreeRequest,
): Promise<MountRecord> {
  const { store, pool } = parts
  const { target, signal, writable } = settings
  const directory = store.mounts.path(record.id)
  const { owner } = store
  if (record.method === 'overlay') {
    const changes = writable ? await prepareChanges(settings.changes ?? directory) : undefined
    const source = mountSource(record.id)
    await mountOverlay({ layers, target, directory, source, changes, owner, signal })
    return record
  }
  if (settings.changes !== undefined)
    throw new WindlassError('USAGE', 'Only a mount with overlayfs can keep what is written in a directory')
  const unfinished = await store.beginTree(target)
  try {
    if (record.method === 'copy') {
      const sources = await Promise.all(image.layers.map((layer, at) => sourceOf(layer, layers[at]!, store)))
      const onWarning = settings.onWarning
      await pool.flatten({ layers: sources, into: unfinished.path }, { signal, onWarning })
    } else {
      const { flat } = await readLayers(layers, overlayXattrs(owner), signal)
      const own = { uid: owner?.uid ?? process.geteuid?.() ?? 0, gid: owner?.gid ?? process.getegid?.() ?? 0 }
      mkdirSync(unfinished.path)
      const steps = correctionSteps(flat.root, undefined, { owner: own, layers })
      await buildTree(unfinished.path, steps, { layers, placement: record.method, owner, signal })
    }
    const inode = String(lstatSync(unfinished.path, { bigint: true }).ino)
    // Recorded before the tree is in place, so that it is removed even if this process is killed in between.
    await store.mounts.update({ ...record, inode })
    await rename(unfinished.path, target)
    return { ...record, inode }
  } finally {
    await unfinished.release()
  }
}

async function sourceOf(
  { digest, size, diffID }: ImageToMount['layers'][number],
  { rootfs, implied }: StoredLayer,
  store: Store,
): Promise<LayerSource> {
  if (await store.blobs.has(digest, size))
    return { kind: 'blob', path: store.blobs.path(digest), expected: { digest, size, diffID } }
  return { kind: 'directory', path: rootfs, implied }
}

async function findLayers(image: ImageToMount, store: Store): Promise<StoredLayer[]> {
  return Promise.all(
    image.layers.map(async ({ diffID }) => {
      const found = await store.layers.find(diffID)
      if (found) return found
      throw new WindlassError('STORE_CORRUPT', `The layer ${diffID} of ${image.name} is not in the store`, {
        digest: diffID,
        hint: recoveryHints.repair,
      })
    }),
  )
}

/** Returns the path of the mount point without links, and whether it was made. @throws WindlassError USAGE, STORE_* */
async function prepareTarget(path: string): Promise<{ readonly target: string; readonly made: boolean }> {
  try {
    await makeDirectories(dirname(path), 0o777)
    const target = join(await realpath(dirname(path)), basename(path))
    const made = makeTarget(target)
    if (!lstatSync(target).isDirectory()) throw unusableTarget(target, 'it is not a directory')
    if (readdirSync(target).length > 0) throw unusableTarget(target, 'the directory is not empty')
    return { target, made }
  } catch (error) {
    throw fileFailure(error, 'Preparing the mount point', path, 'target')
  }
}

/** Makes a directory. Returns false if there is something at `path`. */
function makeTarget(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    return false
  }
}

/** Makes the directories that receive what is written. Both must be on one file system. */
async function prepareChanges(directory: string): Promise<string> {
  for (const name of ['upper', 'work']) await makeDirectories(join(directory, name), 0o755)
  return realpath(directory)
}

const unusableTarget = (path: string, why: string): WindlassError =>
  new WindlassError('USAGE', `Cannot mount at ${path}: ${why}`, {
    path,
    hint: 'Name a directory that is empty or does not exist yet.',
  })

/** Errors of the system that mean that a method is not available here. */
const unsupportedCodes: readonly string[] = [
  ...['EPERM', 'EACCES', 'ENODEV', 'ENOSYS', 'EINVAL', 'EXDEV', 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK'],
]

const isUnsupported = (error: unknown): boolean =>
  !(error instanceof WindlassError) && unsupportedCodes.includes(errnoOf(error) ?? '')

/** Returns why a method cannot be used, as a clause. */
function whyUnsupported(method: MountMethod, error: unknown): string {
  const code = errnoOf(error) ?? String(error)
  if (method === 'overlay') {
    if (!systemCallsAvailable()) return 'the C library cannot be called on this platform'
    if (code === 'EPERM') return 'only root may mount overlayfs (EPERM)'
    if (code === 'ENODEV') return 'the kernel has no overlayfs (ENODEV)'
    return `overlayfs cannot be mounted over these directories (${code})`
  }
  return method === 'reflink'
    ? `the file system cannot share the content of files (${code})`
    : `the layers cannot be linked to that directory (${code})`
}

const methodClauses: Readonly<Record<MountMethod, string>> = {
  overlay: 'mounts the layers',
  reflink: 'has files that share their content with the store',
  link: 'has hard links to files of the store and must not be written to',
  copy: 'has a copy of the image',
}

const fallbackMessage = (
  target: string,
  method: MountMethod,
  failed: { readonly method: MountMethod; readonly error: unknown },
): string => `${target} ${methodClauses[method]}: ${whyUnsupported(failed.method, failed.error)}`

function mountFailure(error: unknown, target: string, method: MountMethod): Error {
  if (isUnsupported(error))
    return new WindlassError(
      'UNSUPPORTED',
      `Cannot mount at ${quoted(target)}: ${whyUnsupported(method, error)}`,
      {
        ...{ cause: error, path: target },
        hint:
          method === 'overlay'
            ? 'Run as root, in a user namespace (“windlass mount IMAGE DIR -- COMMAND”), or with another --method.'
            : 'Use another --method.',
      },
    )
  return fileFailure(error, 'Mounting the image', target, 'target')
}
