/**
 * Assembles the layers of an image into one tree in a directory that the user names. The tree is built next to that
 * directory and renamed to it when it is complete.
 */
import { readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import type { LayerSource, UnpackPool } from '../../archive/index.js'
import { lstatIfExists, makeDirectories } from '../../system/files.js'
import { errnoOf, fileFailure } from '../../system/index.js'
import { WindlassError } from '../../errors.js'
import { type Control, type Stage, pausable } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Store, recoveryHints } from '../../store/index.js'
import type { PulledImage, PulledLayer } from '../elements.js'

/** Settings of `assemble`. */
export interface AssembleOptions {
  readonly store: Store
  readonly pool: UnpackPool
  /** Target directory. It must be empty or must not exist. */
  readonly directory: string
  /** Pauses the work, and sets its priority. After a pause, a new tree is started. */
  readonly control?: Control | undefined
}

/**
 * Returns the stage that applies the layers of an image, base first, to `directory` and passes the image on. A second
 * image would fail, because the directory is not empty.
 * @throws USAGE when the directory is not empty or is not a directory; STORE_CORRUPT when a layer is missing from the
 * store; errors of the file system
 */
export function assemble({
  store,
  pool,
  directory,
  control,
}: AssembleOptions): Stage<PulledImage, PulledImage> {
  return pullStage(
    async (image: PulledImage, turn): Promise<PulledImage> => {
      const target = path.resolve(directory)
      await mapFileErrors(target, () => assertReplaceable(target))
      const layers = await Promise.all(image.layers.map((layer) => sourceOf(layer, store)))
      const staging = await pausable(control, turn.signal, async (signal) => {
        const staged = await mapFileErrors(target, async () => {
          await makeDirectories(path.dirname(target), 0o777)
          return store.beginTree(target)
        })
        let released: Promise<void> | undefined
        const release = (): Promise<void> => (released ??= staged.release())
        turn.scope.defer(release, `the unfinished tree ${staged.path}`)
        try {
          await pool.flatten(
            { layers, into: staged.path },
            {
              signal,
              priority: () => control?.priority ?? 0,
              onWarning: (code, message) => turn.emit({ type: 'warning', code, message }),
            },
          )
        } catch (error) {
          await release()
          throw error
        }
        return staged.path
      })
      await mapFileErrors(target, () => moveIntoPlace(staging, target))
      return image
    },
    { name: 'assemble' },
  )
}

/** Runs `work`, and converts errors of the file system to errors about `target`. */
async function mapFileErrors<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, 'Writing the tree of the image', target, 'target')
  }
}

/** Renames the tree to `target`. Fails if `target` is no longer empty or missing. */
async function moveIntoPlace(staging: string, target: string): Promise<void> {
  try {
    await rename(staging, target)
  } catch (error) {
    const code = errnoOf(error) ?? ''
    if (code === 'EBUSY') throw mountPointError(target)
    if (!['ENOTEMPTY', 'EEXIST'].includes(code)) throw error
    throw unusableTarget(target, 'something was created there in the meantime')
  }
}

/** Returns the blob if the store has it, because a blob is verified when it is read; otherwise the unpacked tree. */
async function sourceOf({ digest, size, diffID, rootfs }: PulledLayer, store: Store): Promise<LayerSource> {
  if (await store.blobs.has(digest, size))
    return { kind: 'blob', path: store.blobs.path(digest), expected: { digest, size, diffID } }
  if (rootfs !== undefined) {
    const stored = await store.layers.find(diffID)
    return { kind: 'directory', path: rootfs, implied: stored?.implied }
  }
  throw new WindlassError(
    'STORE_CORRUPT',
    `Failed to assemble the tree of the image: layer ${digest} is no longer in the store`,
    { digest, hint: recoveryHints.repair },
  )
}

/** Checks that the tree can be moved to `target`. */
async function assertReplaceable(target: string): Promise<void> {
  const [here, above] = await Promise.all([lstatIfExists(target), lstatIfExists(path.dirname(target))])
  if (here?.isSymbolicLink())
    throw unusableTarget(target, 'it is a symbolic link', 'Name the directory that it leads to.')
  const names = await readdir(target).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw errnoOf(error) === 'ENOTDIR' ? unusableTarget(target, 'it is not a directory') : error
  })
  if (names.length > 0) throw unusableTarget(target, 'the directory is not empty')
  if (here && here.dev !== above?.dev) throw mountPointError(target)
}

const unusableTarget = (
  target: string,
  why: string,
  hint = 'Name a directory that is empty or does not exist yet.',
): WindlassError => new WindlassError('USAGE', `Cannot unpack into ${target}: ${why}`, { path: target, hint })

const mountPointError = (target: string): WindlassError =>
  unusableTarget(target, 'it is a mount point, which a tree cannot replace', 'Name a directory below it.')
