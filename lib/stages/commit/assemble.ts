/**
 * Assembles the layers of an image into one tree in a directory of the user. The tree is built next to that directory
 * and moved into place by one rename, so that no incomplete tree is ever visible there.
 */
import { readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import type { LayerSource, UnpackPool } from '../../archive/index.js'
import { lstatIfThere, makeDirectories } from '../../system/files.js'
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
  /** Pauses the work, and sets its priority. The tree is begun anew after a pause. */
  readonly control?: Control | undefined
}

/**
 * Returns the stage that applies the layers of an image, base first, to `directory` and passes the image on. It is for one
 * image: the next one would find that the directory is not empty.
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

/** Renames the tree to `target`. The rename fails if the directory has been filled in the meantime. */
async function moveIntoPlace(staging: string, target: string): Promise<void> {
  try {
    await rename(staging, target)
  } catch (error) {
    const code = errnoOf(error) ?? ''
    if (code === 'EBUSY') throw isMountPoint(target)
    if (!['ENOTEMPTY', 'EEXIST'].includes(code)) throw error
    throw unusable(target, 'something was created there in the meantime')
  }
}

/** Returns the blob if it is in the store, since it is verified when it is read; otherwise the unpacked tree. */
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
  const [here, above] = await Promise.all([lstatIfThere(target), lstatIfThere(path.dirname(target))])
  if (here?.isSymbolicLink())
    throw unusable(target, 'it is a symbolic link', 'Name the directory that it leads to.')
  const names = await readdir(target).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw errnoOf(error) === 'ENOTDIR' ? unusable(target, 'it is not a directory') : error
  })
  if (names.length > 0) throw unusable(target, 'the directory is not empty')
  if (here && here.dev !== above?.dev) throw isMountPoint(target)
}

const unusable = (
  target: string,
  why: string,
  hint = 'Name a directory that is empty or does not exist yet.',
): WindlassError => new WindlassError('USAGE', `Cannot unpack into ${target}: ${why}`, { path: target, hint })

const isMountPoint = (target: string): WindlassError =>
  unusable(target, 'it is a mount point, which a tree cannot replace', 'Name a directory below it.')
