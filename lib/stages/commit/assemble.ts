/**
 * Puts an image's layers together into one tree, base first, in a directory of the user's. It is built beside
 * that directory and appears there by one rename, so that no half of it is ever seen.
 */
import { mkdir, readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import type { LayerSource, UnpackPool } from '../../archive/index.js'
import { errnoOf, fileFailure } from '../../system/index.js'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Store, waysOut } from '../../store/index.js'
import type { PulledImage, PulledLayer } from '../elements.js'

export interface AssembleOptions {
  readonly store: Store
  readonly pool: UnpackPool
  /** Must be empty, or not be there. */
  readonly directory: string
}

export function assemble({ store, pool, directory }: AssembleOptions): Stage<PulledImage, PulledImage> {
  return pullStage(
    async (image: PulledImage, turn): Promise<PulledImage> => {
      const target = path.resolve(directory)
      await assertEmpty(target)
      const beside = await placing(target, async () => {
        await mkdir(path.dirname(target), { recursive: true })
        return store.beginTree(target)
      })
      const into = beside.path
      turn.scope.defer(() => beside.release(), `the unfinished tree ${into}`)
      const layers = await Promise.all(image.layers.map((layer) => sourceOf(layer, store)))
      await pool.flatten(
        { layers, into },
        {
          signal: turn.signal,
          onWarning: (code, message) => turn.emit({ type: 'warning', code, message }),
        },
      )
      await placing(target, () => appear(into, target))
      return image
    },
    { name: 'assemble' },
  )
}

/** What `work` answers; what the file system refuses it, as an error about the directory. */
async function placing<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, 'Making the tree of the image', target)
  }
}

/** One rename. What was put at `target` since it was looked at is kept. */
async function appear(into: string, target: string): Promise<void> {
  try {
    await rename(into, target)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error
    throw notEmpty(target, 'something was put there meanwhile')
  }
}

/** The blob where there is one, verified as it is read; else the layer's own tree. */
async function sourceOf({ digest, size, diffID, rootfs }: PulledLayer, store: Store): Promise<LayerSource> {
  if (await store.blobs.has(digest, size))
    return { kind: 'blob', path: store.blobs.path(digest), expected: { digest, size, diffID } }
  if (rootfs !== undefined) {
    const stored = await store.layers.find(diffID)
    return { kind: 'directory', path: rootfs, implied: stored?.implied }
  }
  throw new WindlassError(
    'STORE_CORRUPT',
    `Putting the layers together: ${digest} is not in the store any more`,
    {
      digest,
      hint: waysOut.repair,
    },
  )
}

async function assertEmpty(directory: string): Promise<void> {
  const found = await readdir(directory).catch((caught: unknown) => {
    const error = caught as NodeJS.ErrnoException // readdir fails with nothing else
    if (error.code === 'ENOENT') return []
    if (error.code !== 'ENOTDIR')
      throw fileFailure(error, 'Looking into the directory to unpack into', directory)
    throw new WindlassError('USAGE', `Unpacking into ${directory}: it is no directory`, {
      path: directory,
      hint: 'Name a directory that is empty or not there yet',
    })
  })
  if (found.length > 0) throw notEmpty(directory, 'the directory is not empty')
}

const notEmpty = (directory: string, says: string): WindlassError =>
  new WindlassError('USAGE', `Unpacking into ${directory}: ${says}`, {
    path: directory,
    hint: 'Name a directory that is empty or not there yet',
  })
