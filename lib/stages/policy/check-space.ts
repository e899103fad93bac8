/**
 * Holds what a plan will download against the space that the store's disk has, before the first byte of a layer. Only
 * what is certain counts: how large the layers are once they are unpacked, no manifest says.
 */
import { statfs } from 'node:fs/promises'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store } from '../../store/index.js'
import type { PlannedImage } from '../elements.js'

/** Passes the image on, or fails with STORE_FULL, which says how much is needed and how much is free. */
export function checkSpace(store: Pick<Store, 'directory'>): Stage<PlannedImage, PlannedImage> {
  return pullStage(
    async (image: PlannedImage): Promise<PlannedImage> => {
      const needed = image.layers.reduce(
        (total, { action, descriptor, offset }) =>
          action === 'exists' ? total : total + descriptor.size - offset,
        0,
      )
      const free = needed === 0 ? Infinity : await freeBytes(store.directory)
      if (needed <= free) return image
      const { name } = image.request
      throw new WindlassError(
        'STORE_FULL',
        `Pulling ${name}: its layers need ${needed} bytes more, and the disk of the store has ${free} free, at ${store.directory}`,
        {
          reference: name,
          path: store.directory,
          hint: 'Free some space, as with “windlass gc”, or name a store on another disk with “--store DIR”. Nothing was fetched.',
        },
      )
    },
    { name: 'check-space', order: 'source' },
  )
}

/** Bytes that this user may still write; Infinity where the file system does not say. */
async function freeBytes(directory: string): Promise<number> {
  const disk = await statfs(directory).catch(() => undefined) // what cannot be asked may still be written to
  if (!disk || disk.blocks === 0) return Infinity
  return disk.bsize * (process.getuid?.() === 0 ? disk.bfree : disk.bavail)
}
